// The word "hunter" stands for every secret in here: no text of a problem may contain it.
#include "core/config/backend_keys.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>

namespace drover {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

ConfigKey key(std::string name, KeyKind kind = KeyKind::string, std::string fallback = "") {
    ConfigKey made;
    made.name = std::move(name);
    made.kind = kind;
    made.fallback = std::move(fallback);
    return made;
}
ConfigKey required(ConfigKey made, std::string help = "") {
    made.required = true;
    made.help = std::move(help);
    return made;
}
ConfigKey secret(ConfigKey made) {
    made.secret = true;
    return made;
}

class BackendKeys : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "drover-config-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    using Checked = tl::expected<CheckedBackend, std::vector<Problem>>;

    // `keys` are the lines below dataset.backend, from line 4 on.
    Checked check(std::string_view keys, const std::vector<ConfigKey> &declared, mode_t mode = 0600) {
        file_ = folder_ / "agent.yml";
        std::ofstream(file_) << "version: 1\ndataset:\n  backend: array\n" << keys;
        ::chmod(file_.c_str(), mode);
        const auto config = load_agent_config(file_);
        EXPECT_TRUE(config) << render(config.error());
        if (!config)
            return tl::unexpected(config.error());
        auto checked = check_backend_keys(config->backends.front(), declared);
        for (const auto &problem : checked ? checked->warnings : checked.error()) {
            EXPECT_THAT(render_with_source(problem) + problem.found + problem.expected,
                        Not(HasSubstr("hunter")));
            EXPECT_EQ(problem.file, file_.string());
        }
        return checked;
    }

    // The problems without the name of the file.
    std::string text_of(const Checked &checked) {
        auto text = render(checked ? checked->warnings : checked.error());
        const auto prefix = file_.string() + ":";
        for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
            text.erase(at, prefix.size());
        return text;
    }

    fs::path write_secret(std::string_view text, mode_t mode = 0600) {
        auto path = folder_ / "token";
        std::ofstream(path, std::ios::binary) << text;
        ::chmod(path.c_str(), mode);
        return path;
    }

    // What is said about a token in a file like that.
    std::string error_with_file(std::string_view text, mode_t mode = 0600) {
        const auto path = write_secret(text, mode).string();
        const auto checked = check(fmt::format("  token: file:{}\n", path), {secret(key("token"))});
        EXPECT_FALSE(checked);
        auto said = text_of(checked);
        if (const auto at = said.find(path); at != std::string::npos)
            said.replace(at, path.size(), "PATH");
        return said;
    }

    fs::path folder_;
    fs::path file_;
};

TEST_F(BackendKeys, GivesEveryKindInItsCanonicalForm) {
    const auto checked =
        check("  path: /srv\n  number: \"42\"\n  flag: Yes\n  size: 1.5g\n  hosts: [a, b]\n  one: a\n",
              {key("path"), key("number", KeyKind::u64), key("flag", KeyKind::boolean),
               key("size", KeyKind::bytes), key("hosts", KeyKind::list), key("one", KeyKind::list)});
    ASSERT_TRUE(checked) << text_of(checked);
    EXPECT_THAT(checked->settings.values,
                ElementsAre(Pair("flag", "true"), Pair("hosts", "a\nb"), Pair("number", "42"),
                            Pair("one", "a"), Pair("path", "/srv"), Pair("size", "1610612736")));
    EXPECT_THAT(checked->settings.secrets, IsEmpty());
    EXPECT_THAT(checked->warnings, IsEmpty());
}

TEST_F(BackendKeys, FillsInFallbacksAlsoForNull) {
    const auto checked =
        check("  a:\n  d: ''\n", {key("a", KeyKind::bytes, "1g"), key("b", KeyKind::boolean, "no"), key("c"),
                                  key("d", KeyKind::string, "x")});
    ASSERT_TRUE(checked) << text_of(checked);
    EXPECT_THAT(checked->settings.values,
                ElementsAre(Pair("a", "1073741824"), Pair("b", "false"), Pair("d", "")));
}

TEST_F(BackendKeys, TellsEverythingThatIsWrongAtOnce) {
    const auto checked =
        check("  root_pth: hunter2\n  colour: hunter2\n  number: 010\n  flag: 1\n  size: big\n"
              "  path: [a]\n  hosts: {a: b}\n",
              {key("root_path"), key("number", KeyKind::u64), key("flag", KeyKind::boolean),
               key("size", KeyKind::bytes), key("path"), key("hosts", KeyKind::list),
               required(key("management_ip"), "address of the array")});
    EXPECT_EQ(
        text_of(checked),
        "2:1: error: dataset.management_ip: missing; expected a text: address of the array\n"
        "4:3: error: dataset.root_pth: unknown key; did you mean root_path?\n"
        "5:3: error: dataset.colour: unknown key; the driver array knows root_path, number, flag, size, "
        "path, "
        "hosts, management_ip\n"
        "6:11: error: dataset.number: is \"010\"; expected a whole number in decimal digits, without leading "
        "zeros\n"
        "7:9: error: dataset.flag: is \"1\"; expected true or false\n"
        "8:9: error: dataset.size: is \"big\"; expected a size such as 10GiB\n"
        "9:9: error: dataset.path: is a list; expected a text\n"
        "10:10: error: dataset.hosts: is a mapping or a list of more than texts; expected a list of texts, "
        "or "
        "one text\n");
}

TEST_F(BackendKeys, KnowsOurOwnKeysWhenItSuggests) {
    EXPECT_EQ(text_of(check("  isolatoin: process\n", {})),
              "4:3: error: dataset.isolatoin: unknown key; did you mean isolation?\n");
    EXPECT_EQ(text_of(check("  colour: x\n", {})),
              "4:3: error: dataset.colour: unknown key; the driver array has no keys\n");
}

TEST_F(BackendKeys, ARequiredKeyNeedsAValue) {
    const std::vector<ConfigKey> declared = {required(key("ip"), "address")};
    EXPECT_EQ(text_of(check("  ip:\n", declared)),
              "2:1: error: dataset.ip: missing; expected a text: address\n");
    EXPECT_EQ(text_of(check("  ip: ''\n", declared)),
              "4:7: error: dataset.ip: is empty; expected a text: address\n");
}

TEST_F(BackendKeys, ABadFallbackIsTheDriversFault) {
    EXPECT_EQ(text_of(check("", {key("n", KeyKind::u64, "many")})),
              "2:1: error: dataset.n: the driver array declares a fallback that is not a whole number in "
              "decimal digits, "
              "without leading zeros; set the key, and tell its author\n");
}

TEST_F(BackendKeys, ValuesOfTextsCannotCarrySeparators) {
    EXPECT_EQ(
        text_of(check("  hosts: [\"a\\nb\"]\n", {key("hosts", KeyKind::list)})),
        "4:10: error: dataset.hosts: holds a NUL character, or a line break within an item of a list\n");
    EXPECT_EQ(text_of(check("  a: \"x\\0y\"\n", {key("a")})),
              "4:6: error: dataset.a: holds a NUL character, or a line break within an item of a list\n");
}

// A blank after a colon became a comma, and the password a key of its own.
TEST_F(BackendKeys, AKeyWithoutAValueMayBeAValueAndIsNotShown) {
    const auto checked = check("  pasword:\n  ? hunter2\n", {secret(key("password"))});
    EXPECT_EQ(text_of(checked),
              "4:3: error: dataset: unknown key without a value, not shown since it may be a "
              "value itself; did you mean password?\n"
              "5:5: error: dataset: unknown key without a value, not shown since it may be a "
              "value itself; the driver array knows password\n");
    EXPECT_EQ(checked.error()[1].found, "");
    const auto flow = parse_agent_config("version: 1\ndataset: {backend: array, token:,hunter2,hunter2}\n");
    ASSERT_FALSE(flow);
    EXPECT_EQ(render(flow.error()), "agent.yml:2:42: error: dataset: given twice; the first is on line 2\n");
}

// A line break came between a key and its value.
TEST_F(BackendKeys, AKeyBehindOneWithoutAValueMayBeItsValue) {
    const auto checked = check("  token:\n  hunter2: x\n", {secret(key("token"))});
    EXPECT_THAT(text_of(checked),
                testing::HasSubstr("5:3: error: dataset: unknown key, not shown since it may "
                                   "be the value of the key before it"));
    const auto outside = parse_agent_config("version: 1\ndataset:\n  backend: loopback\n  pin:\n"
                                            "hunter2: {node-id: node-1}\n");
    ASSERT_FALSE(outside);
    EXPECT_THAT(render(outside.error()), testing::HasSubstr("agent.yml:5:1: error: unknown key, not shown"));
    EXPECT_THAT(render(outside.error()), testing::Not(testing::HasSubstr("hunter")));
}

TEST_F(BackendKeys, AnInlineSecretWorksAndWarns) {
    const auto checked = check("  token: hunter2\n", {secret(key("token"))});
    ASSERT_TRUE(checked);
    EXPECT_THAT(checked->settings.secrets, ElementsAre(Pair("token", "hunter2")));
    EXPECT_THAT(checked->settings.values, IsEmpty());
    EXPECT_EQ(text_of(checked),
              "4:10: warning: dataset.token: the secret stands in this file; file:/path or env:NAME "
              "would keep it out\n");
    EXPECT_EQ(checked->warnings[0].excerpt, "  token: ...");
}

TEST_F(BackendKeys, AnInlineSecretInAReadableFileWarnsTwice) {
    const auto checked = check("  token: hunter2\n", {secret(key("token"))}, 0644);
    ASSERT_TRUE(checked);
    EXPECT_EQ(text_of(checked).find(
                  "2:1: warning: dataset: holds secrets, and every user can read the file; chmod 0600 "),
              0U);
    // Without secrets there is nothing to warn about.
    EXPECT_THAT(check("  path: x\n", {key("path")}, 0644)->warnings, IsEmpty());
}

TEST_F(BackendKeys, ReadsASecretFromAFile) {
    for (const std::string_view text : {"hunter2", "hunter2\n", "hunter2\r\n"}) {
        const auto checked =
            check(fmt::format("  token: file:{}\n", write_secret(text).string()), {secret(key("token"))});
        ASSERT_TRUE(checked) << text_of(checked);
        EXPECT_THAT(checked->settings.secrets, ElementsAre(Pair("token", "hunter2")));
        EXPECT_THAT(checked->warnings, IsEmpty());
    }
    const auto two = check(fmt::format("  token: file:{}\n", write_secret("hunter2\n\n", 0440).string()),
                           {secret(key("token"))});
    EXPECT_THAT(two->settings.secrets, ElementsAre(Pair("token", "hunter2\n")));
}

TEST_F(BackendKeys, RefusesASecretFileThatCannotBeTrusted) {
    EXPECT_EQ(error_with_file("hunter2", 0644),
              "4:10: error: dataset.token: file:PATH has mode 0644, so that others could "
              "read or change it; chmod 0600 it\n");
    EXPECT_EQ(error_with_file("hunter2", 0620),
              "4:10: error: dataset.token: file:PATH has mode 0620, so that others could "
              "read or change it; chmod 0600 it\n");
    EXPECT_EQ(error_with_file(""), "4:10: error: dataset.token: file:PATH is empty\n");
    EXPECT_EQ(error_with_file("\n"), "4:10: error: dataset.token: file:PATH is empty\n");
    EXPECT_EQ(error_with_file(std::string(65537, 'x')),
              "4:10: error: dataset.token: file:PATH is larger than 64 KiB\n");
    EXPECT_EQ(error_with_file("hunter\xFF"), "4:10: error: dataset.token: file:PATH is not UTF-8 text\n");
    EXPECT_EQ(error_with_file(std::string("hunter\0", 7)),
              "4:10: error: dataset.token: file:PATH is not UTF-8 text\n");
}

TEST_F(BackendKeys, SaysWhyASecretReferenceLeadsNowhere) {
    const std::vector<ConfigKey> declared = {secret(key("token"))};
    EXPECT_EQ(
        text_of(check("  token: file:/nonexistent/drover\n", declared)),
        "4:10: error: dataset.token: file:/nonexistent/drover cannot be opened: No such file or directory\n");
    EXPECT_EQ(
        text_of(check("  token: file:hunter2\n", declared)),
        "4:10: error: dataset.token: file: needs an absolute path, such as file:/etc/drover/array.token\n");
    EXPECT_EQ(text_of(check("  token: file:/tmp\n", declared)),
              "4:10: error: dataset.token: file:/tmp is not a regular file\n");
    EXPECT_EQ(text_of(check("  token: env:DROVER_TEST_UNSET\n", declared)),
              "4:10: error: dataset.token: env:DROVER_TEST_UNSET is not set in the agent's environment\n");
    EXPECT_EQ(
        text_of(check("  token: env:hunter-2\n", declared)),
        "4:10: error: dataset.token: env: needs the name of a variable (letters, digits and _), such as "
        "env:ARRAY_TOKEN\n");
    EXPECT_EQ(text_of(check("  token: sealed:hunter2\n", declared)),
              "4:10: error: dataset.token: sealed: references cannot be opened by this version; use file: or "
              "env:\n");
}

TEST_F(BackendKeys, ReadsASecretFromTheEnvironment) {
    ASSERT_EQ(::setenv("DROVER_TEST_TOKEN", "hunter2", 1), 0);
    const auto checked = check("  token: env:DROVER_TEST_TOKEN\n", {secret(key("token"))});
    ASSERT_TRUE(checked) << text_of(checked);
    EXPECT_THAT(checked->settings.secrets, ElementsAre(Pair("token", "hunter2")));
    EXPECT_THAT(checked->warnings, IsEmpty());
    ASSERT_EQ(::setenv("DROVER_TEST_TOKEN", "", 1), 0);
    EXPECT_EQ(text_of(check("  token: env:DROVER_TEST_TOKEN\n", {secret(key("token"))})),
              "4:10: error: dataset.token: env:DROVER_TEST_TOKEN is empty in the agent's environment\n");
    ::unsetenv("DROVER_TEST_TOKEN");
}

TEST_F(BackendKeys, OnlySecretsAreReferences) {
    const auto checked = check("  path: file:/etc/shadow\n  name: env:HOME\n", {key("path"), key("name")});
    ASSERT_TRUE(checked);
    EXPECT_THAT(checked->settings.values,
                ElementsAre(Pair("name", "env:HOME"), Pair("path", "file:/etc/shadow")));
}

TEST_F(BackendKeys, NeverShowsASecretOfTheWrongKind) {
    EXPECT_EQ(text_of(check("  pin: hunter2\n", {secret(key("pin", KeyKind::u64))})),
              "4:8: warning: dataset.pin: the secret stands in this file; file:/path or env:NAME would keep "
              "it out\n"
              "4:8: error: dataset.pin: the secret is not a whole number in decimal digits, without leading "
              "zeros\n");
    EXPECT_EQ(text_of(check("  token: [hunter2]\n", {secret(key("token"))})),
              "4:10: error: dataset.token: is a list; expected a text\n");
    EXPECT_EQ(text_of(check("  tokne: hunter2\n", {secret(key("token"))})),
              "4:3: error: dataset.tokne: unknown key; did you mean token?\n");
}

TEST(BackendKeysByHand, NeedNoFile) {
    BackendConfig backend;
    backend.name = backend.driver = "array";
    backend.section = "dataset";
    backend.keys.push_back({.name = "path", .value = {RawValue::Shape::text, {SecretText("/srv")}}});
    const std::vector<ConfigKey> declared = {key("path")};
    EXPECT_THAT(check_backend_keys(backend, declared)->settings.values, ElementsAre(Pair("path", "/srv")));
    EXPECT_EQ(render(check_backend_keys(backend, {}).error()),
              "agent.yml: error: dataset.path: unknown key; the driver array has no keys\n");
}

} // namespace
} // namespace drover
