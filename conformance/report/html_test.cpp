#include "conformance/report/html.hpp"
#include "conformance/report/html_parts.hpp"
#include "conformance/report/testing/record.hpp"
#include "conformance/report/testing/xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

namespace drover::conformance {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// The text of an element, with its white space made one blank.
std::string text_at(const std::string &page, const std::string &path) {
    return xpath(page, "normalize-space(" + path + ")");
}

std::string fact(const std::string &page, const std::string &label) {
    return text_at(page, "//section[h2/@id='run']//dt[.='" + label + "']/following-sibling::dd[1]");
}

TEST(Html, TellsWhatWasTested) {
    const std::string page = to_html(sample_record());
    EXPECT_THAT(page, StartsWith("<!DOCTYPE html>\n"));
    EXPECT_EQ(text_at(page, "//title"), "acme 2.1: conformance to Drover's driver ABI 1.0");
    EXPECT_EQ(text_at(page, "//h1"), "acme 2.1");
    EXPECT_EQ(text_at(page, "//p[@class='by']"), "by Acme & Sons, tested on Acme A200, 6.4.1");
    EXPECT_EQ(fact(page, "ABI"), "built for 1.3, tested to 1.0");
    EXPECT_EQ(fact(page, "File"), "acme.so");
    EXPECT_EQ(fact(page, "SHA-256"), "0123abcd");
    EXPECT_EQ(fact(page, "Extensions"), "drv.snapshot/1 drv.extend/1");
    EXPECT_EQ(fact(page, "Protocols"), "iSCSI");
    EXPECT_EQ(fact(page, "Capabilities"), "thin");
    EXPECT_EQ(fact(page, "Backend"), "fast");
    EXPECT_EQ(fact(page, "Host"), "node-1");
    EXPECT_EQ(fact(page, "System"), "Debian, Linux 6.1, x86_64");
    EXPECT_EQ(fact(page, "Started"), "2026-03-01 12:00:00 UTC");
    EXPECT_EQ(xpath(page, "string(//time/@datetime)"), "2026-03-01T12:00:00Z");
    EXPECT_EQ(fact(page, "Seed"), "7");
}

TEST(Html, TellsTheVerdictAndTheTotals) {
    const std::string page = to_html(sample_record());
    EXPECT_EQ(text_at(page, "//p[starts-with(@class,'verdict')]"), "Does not conform. 3 of 6 tests failed.");
    EXPECT_EQ(text_at(page, "//dl[@class='totals']/div[1]"), "Passed2 1 with warnings");
    EXPECT_EQ(text_at(page, "//dl[@class='totals']/div[2]"), "Failed3 1 crashed, 1 timed out");
    EXPECT_EQ(text_at(page, "//dl[@class='totals']/div[3]"), "Skipped1");
    EXPECT_EQ(text_at(page, "//dl[@class='totals']/div[4]"), "Duration2.5 s");
    EXPECT_EQ(text_at(page, "//table[@class='groups']/tbody/tr[2]"), "core103"
                                                                     "01.5 s");
    EXPECT_EQ(text_at(page, "//table[@class='groups']/tfoot/tr"), "All213"
                                                                  "12.5 s");
}

TEST(Html, ADriverThatConformsSaysSoAndNothingOfFailures) {
    RunRecord record = sample_record();
    record.rows.erase(record.rows.begin() + 1, record.rows.begin() + 3); // the failure and the crash
    record.rows.erase(record.rows.begin() + 2);                          // the timeout
    record.run.cases = record.run.cases_in_suite = record.rows.size();
    const std::string page = to_html(record);
    EXPECT_THAT(text_at(page, "//p[starts-with(@class,'verdict')]"), StartsWith("Conforms."));
    EXPECT_EQ(xpath(page, "count(//h2[@id='failures'])"), "0");
    EXPECT_EQ(xpath(page, "count(//h2[@id='left'])"), "0");
}

TEST(Html, ListsEachTestOnceWithItsResult) {
    const std::string page = to_html(sample_record());
    EXPECT_EQ(xpath(page, "count(//table[@class='tests']/tbody/tr)"), "6");
    const auto row = [&](const std::string &id) { return text_at(page, "//tr[@id='" + id + "']"); };
    EXPECT_EQ(row("core.get.one"), "passcore.get.oneA volume is found.0 ms");
    EXPECT_EQ(row("load.scan-time"), "warnload.scan-time qualityLoading is quick."
                                     "expected: less than 100 ms; found: 250 ms250 ms");
    EXPECT_EQ(row("ext.clone.new"), "skipext.clone.new if advertisedA clone is a new volume."
                                    "the driver does not offer drv.clone/1");
    EXPECT_THAT(row("core.list.all"), StartsWith("crashcore.list.all"));
    EXPECT_THAT(row("core.probe"), StartsWith("timeoutcore.probe"));
}

TEST(Html, TellsOfEachFailureWhatADeveloperNeeds) {
    const std::string page = to_html(sample_record());
    EXPECT_EQ(xpath(page, "count(//article)"), "3");
    const std::string failed = "//article[@aria-labelledby='failure-core.create.emits']";
    EXPECT_EQ(text_at(page, failed + "/h3"), "core.create.emits fail");
    EXPECT_EQ(text_at(page, failed + "/dl[1]"), "Expectedone volume Foundnone Opcreate");
    EXPECT_EQ(text_at(page, failed + "/dl[2]"), "ExpectedOK FoundEXISTS Opdestroy");
    EXPECT_EQ(text_at(page, failed + "/pre"), "driver log: a driver log: b");
    EXPECT_EQ(text_at(page, failed + "/p[@class='again']/code"), "--filter '^core.create.emits$' --seed 7");
    EXPECT_EQ(text_at(page, "//article[2]/dl"), "How it endedsignal 11 (Segmentation fault) Oplist");
    EXPECT_EQ(xpath(page, "string(//tr[@id='core.probe']//a/@href)"), "#failure-core.probe");
}

TEST(Html, TellsEachReasonOfSkipsOnce) {
    RunRecord record = sample_record();
    const Case second{.id = "ext.clone.again", .description = "The same again."};
    record.rows.push_back({second,
                           {.id = "ext.clone.again",
                            .outcome = Outcome::skip,
                            .reason = "the driver does not offer drv.clone/1"}});
    const std::string page = to_html(record);
    const std::string section = "//section[h2/@id='skipped']";
    EXPECT_EQ(xpath(page, "count(" + section + "/h3)"), "1");
    EXPECT_EQ(text_at(page, section + "/h3"), "the driver does not offer drv.clone/1 2 tests");
    EXPECT_EQ(text_at(page, section + "/ul"), "ext.clone.new ext.clone.again");
}

// What a driver, an array or a test wrote stays text, wherever it is shown.
TEST(Html, MakesNoMarkupOfTextFromOutside) {
    const std::string page = to_html(hostile_record());
    EXPECT_EQ(xpath(page, "count(//script)"), "1"); // ours
    EXPECT_EQ(xpath(page, "count(//*[@onload])"), "0");
    EXPECT_EQ(xpath(page, "count(//comment())"), "0");
    EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
    EXPECT_THAT(text_at(page, "//h1"), StartsWith("<script>alert('1')</script>\" onload="));
    EXPECT_THAT(text_at(page, "//title"), StartsWith("<script>alert('1')</script>"));
    EXPECT_EQ(xpath(page, "count(//*)"),
              xpath(to_html([] {
                        // The same shape with harmless words.
                        RunRecord record = hostile_record();
                        const auto calm = [](std::string &text) { text = "x"; };
                        auto &run = record.run;
                        for (auto *text :
                             {&run.driver, &run.about.name, &run.about.version, &run.about.vendor, &run.array,
                              &run.backend, &run.host, &run.system, &run.filter})
                            calm(*text);
                        return record;
                    }()),
                    "count(//*)"));
}

TEST(Html, NeedsNothingButItself) {
    for (const RunRecord &record : {sample_record(), hostile_record()}) {
        const std::string page = to_html(record);
        EXPECT_EQ(xpath(page, "count(//*[@src or @srcset or @data or @action or @style])"), "0");
        EXPECT_EQ(xpath(page, "count(//link | //img | //iframe | //object | //embed | //base)"), "0");
        EXPECT_EQ(xpath(page, "count(//@href[not(starts-with(., '#'))])"), "0");
    }
    EXPECT_THAT(std::string(html::kStyle), AllOf(Not(HasSubstr("url(")), Not(HasSubstr("@import"))));
    EXPECT_THAT(std::string(html::kStyle),
                AllOf(HasSubstr("prefers-color-scheme: dark"), HasSubstr("@media print")));
}

// A browser runs our script and no other, even if an escape were missing. A wrong hash would stop ours.
TEST(Html, AllowsItsOwnStyleAndScriptAlone) {
    const std::string policy =
        xpath(to_html(sample_record()), "string(//meta[@http-equiv='Content-Security-Policy']/@content)");
    EXPECT_THAT(policy, StartsWith("default-src 'none';"));
    EXPECT_THAT(policy, Not(HasSubstr("unsafe")));
    for (const auto &[name, text] :
         {std::pair("style-src", html::kStyle), std::pair("script-src", html::kScript)}) {
        std::array<unsigned char, 32> digest{};
        ASSERT_EQ(::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr), 1);
        std::array<unsigned char, 45> base64{};
        ::EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
        EXPECT_THAT(policy, HasSubstr(std::string(name) + " 'sha256-" +
                                      reinterpret_cast<const char *>(base64.data()) + "'"));
    }
}

TEST(Html, EveryLinkLeadsSomewhereAndEveryIdIsOne) {
    const std::string page = to_html(sample_record());
    EXPECT_EQ(xpath(page, "count(//@href[not(substring(., 2) = //@id)])"), "0");
    EXPECT_EQ(xpath(page, "count(//@aria-labelledby[not(. = //@id)])"), "0");
    EXPECT_EQ(xpath(page, "count(//@id[. = ../preceding::*/@id or . = ../ancestor::*/@id])"), "0");
}

TEST(Html, CanBeHeardAsWellAsSeen) {
    const std::string page = to_html(sample_record());
    EXPECT_EQ(xpath(page, "string(/html/@lang)"), "en");
    EXPECT_EQ(xpath(page, "count(//h1)"), "1");
    EXPECT_EQ(xpath(page, "count(//table[not(@aria-labelledby)])"), "0");
    EXPECT_EQ(xpath(page, "count(//thead//th[not(@scope='col')])"), "0");
    EXPECT_EQ(xpath(page, "count(//tbody/tr[not(th[@scope='row'])])"), "0");
    EXPECT_EQ(xpath(page, "count(//section[not(@aria-labelledby)])"), "0");
    EXPECT_EQ(xpath(page, "count(//label[not(@for = //@id)])"), "0");
    EXPECT_EQ(xpath(page, "string(//form/@hidden)"), "hidden"); // without the script it would do nothing
}

TEST(Html, AnEmptyRunIsAPage) {
    const std::string page = to_html({});
    EXPECT_EQ(text_at(page, "//p[starts-with(@class,'verdict')]"), "No verdict. No test ran.");
}

} // namespace
} // namespace drover::conformance
