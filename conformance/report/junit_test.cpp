#include "conformance/report/junit.hpp"
#include "conformance/report/testing/record.hpp"
#include "conformance/report/testing/xml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace drover::conformance {
namespace {

constexpr const char *kSchema = DROVER_CONFORMANCE_TESTDATA "/junit.xsd";

TEST(Junit, IsOneTestsuiteForEachGroup) {
    const std::string text = to_junit(sample_record());
    EXPECT_EQ(against_schema(text, kSchema), "");
    EXPECT_EQ(xpath(text, "count(/testsuites/testsuite)"), "3");
    EXPECT_EQ(xpath(text, "string(/testsuites/testsuite[2]/@name)"), "core");
    EXPECT_EQ(xpath(text, "count(//testsuite[@name='core']/testcase)"), "4");
    EXPECT_EQ(xpath(text, "string(//testsuite[@name='core']/@time)"), "1.500020");
    EXPECT_EQ(xpath(text, "string(//testsuite[@name='core']/@timestamp)"), "2026-03-01T12:00:00");
    EXPECT_EQ(xpath(text, "string(//testsuite[@name='core']/@hostname)"), "node-1");
    EXPECT_EQ(xpath(text, "string(//testcase[@name='core.get.one']/@time)"), "0.000020");
    EXPECT_EQ(xpath(text, "string(//testcase[@name='core.get.one']/@classname)"), "conformance.core");
    EXPECT_EQ(xpath(text, "count(//testcase[@name='core.get.one']/*)"), "0");
}

TEST(Junit, CountsWhatItHolds) {
    const std::string text = to_junit(sample_record());
    for (const auto &[attribute, element] : {std::pair("tests", "testcase"), std::pair("failures", "failure"),
                                             std::pair("errors", "error"), std::pair("skipped", "skipped")}) {
        const std::string held = xpath(text, std::string("count(//") + element + ")");
        EXPECT_EQ(xpath(text, std::string("string(/testsuites/@") + attribute + ")"), held);
        EXPECT_EQ(xpath(text, std::string("sum(//testsuite/@") + attribute + ")"), held);
    }
    EXPECT_EQ(xpath(text, "string(/testsuites/@time)"), "2.500000");
    EXPECT_EQ(xpath(text, "count(//error)"), "2");
}

TEST(Junit, SaysWhatHappened) {
    const std::string text = to_junit(sample_record());
    const std::string failed = "//testcase[@name='core.create.emits']";
    EXPECT_EQ(xpath(text, "string(" + failed + "/failure/@message)"), "expected: one volume; found: none");
    EXPECT_EQ(xpath(text, "string(" + failed + "/failure)"), "rule: A volume is emitted once.\n"
                                                             "expected: one volume\nfound: none\nop: create\n"
                                                             "expected: OK\nfound: EXISTS\nop: destroy\n");
    EXPECT_EQ(xpath(text, "string(" + failed + "/system-err)"), "driver log: a\ndriver log: b\n");
    const std::string crashed = "//testcase[@name='core.list.all']/error";
    EXPECT_EQ(xpath(text, "string(" + crashed + "/@type)"), "crash");
    EXPECT_EQ(xpath(text, "string(" + crashed + "/@message)"), "signal 11 (Segmentation fault) (op: list)");
    EXPECT_EQ(xpath(text, "string(//testcase[@name='core.probe']/error/@type)"), "timeout");
    EXPECT_EQ(xpath(text, "string(//testcase[@name='ext.clone.new']/skipped/@message)"),
              "the driver does not offer drv.clone/1");
    EXPECT_EQ(xpath(text, "string(//testcase[@name='load.scan-time']/system-out)"),
              "warning: expected: less than 100 ms; found: 250 ms\n");
}

TEST(Junit, TellsInEachTestsuiteWhatWasTested) {
    const std::string text = to_junit(sample_record());
    for (const auto &[name, value] :
         {std::pair("driver.name", "acme"), std::pair("driver.version", "2.1"),
          std::pair("driver.vendor", "Acme & Sons"), std::pair("driver.abi.minor", "3"),
          std::pair("driver.file", "/d/acme.so"), std::pair("driver.sha256", "0123abcd"),
          std::pair("driver.extensions", "drv.snapshot/1, drv.extend/1"), std::pair("abi", "1.0"),
          std::pair("array", "Acme A200, 6.4.1"), std::pair("backend", "fast"), std::pair("seed", "7")}) {
        const std::string found = std::string("//testsuite/properties/property[@name='") + name + "']";
        EXPECT_EQ(xpath(text, "string(" + found + "/@value)"), value) << name;
        EXPECT_EQ(xpath(text, "count(" + found + ")"), "3") << name;
    }
}

TEST(Junit, HoldsAnyTextFromOutside) {
    const std::string text = to_junit(hostile_record());
    EXPECT_EQ(against_schema(text, kSchema), "");
    EXPECT_EQ(xpath(text, "count(//script)"), "0");
    EXPECT_EQ(xpath(text, "string(//testsuite[1]/properties/property[@name='driver.name']/@value)"),
              "<script>alert('1')</script>\" onload=\"x<!-- ]]> &amp;  [31m "
              "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
              "end");
}

TEST(Junit, KeepsLineBreaksOfAMessage) {
    RunRecord record = sample_record();
    record.rows[5].result.reason = "one\n\ttwo";
    EXPECT_EQ(xpath(to_junit(record), "string(//skipped/@message)"), "one\n\ttwo");
}

TEST(Junit, AStoppedRunIsAnError) {
    RunRecord record = sample_record();
    record.rows.resize(1);
    record.end.was_stopped = true;
    const std::string text = to_junit(record);
    EXPECT_EQ(against_schema(text, kSchema), "");
    EXPECT_EQ(xpath(text, "string(//testcase[@name='run.complete']/error/@message)"),
              "the run was stopped by a signal after 1 of 6 tests");
    EXPECT_EQ(xpath(text, "string(/testsuites/@errors)"), "1");
    EXPECT_EQ(xpath(text, "string(/testsuites/@tests)"), "2");
}

TEST(Junit, AnEmptyRunIsADocument) {
    EXPECT_EQ(against_schema(to_junit({}), kSchema), "");
}

} // namespace
} // namespace drover::conformance
