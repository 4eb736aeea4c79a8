#include "core/config/problem.hpp"
#include "loader/base/secret_text.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <concepts>
#include <sstream>
#include <vector>

namespace drover {
namespace {

Problem example() {
    Problem problem;
    problem.file = "agent.yml";
    problem.position = {7, 5};
    problem.key = "dataset.root_pth";
    problem.message = "unknown key; did you mean root_path?";
    return problem;
}

TEST(Render, LooksLikeACompiler) {
    EXPECT_EQ(render(example()),
              "agent.yml:7:5: error: dataset.root_pth: unknown key; did you mean root_path?");
    auto warning = example();
    warning.severity = Severity::warning;
    warning.key.clear();
    warning.position = {};
    EXPECT_EQ(render(warning), "agent.yml: warning: unknown key; did you mean root_path?");
    EXPECT_EQ(render(std::vector{example(), warning}), render(example()) + "\n" + render(warning) + "\n");
}

TEST(Render, PutsTheCaretBelowTheCharacter) {
    auto problem = example();
    EXPECT_EQ(render_with_source(problem), render(problem));
    problem.excerpt = "\xC3\xA4\t: x";
    problem.position.column = 4; // the colon: two bytes and a tab before it
    EXPECT_EQ(render_with_source(problem), render(problem) + "\n    7 | \xC3\xA4\t: x\n      |  \t^");
    problem.position.column = 1000;
    EXPECT_TRUE(render_with_source(problem).ends_with("|  \t   ^"));
}

template <typename T>
concept Printable = requires(std::ostream &stream, const T &value) {
    stream << value;
};
template <typename T>
concept Comparable = requires(const T &value) {
    value == value;
};

static_assert(Printable<std::string>);
static_assert(!Printable<SecretText>);
static_assert(!fmt::is_formattable<SecretText>::value);
static_assert(!std::convertible_to<SecretText, std::string>);
static_assert(!std::convertible_to<std::string, SecretText>);
static_assert(!Comparable<SecretText>);

TEST(SecretText, IsWipedWhenMovedFromOrReplaced) {
    SecretText first(std::string("short"));
    const SecretText second(std::move(first));
    EXPECT_TRUE(first.empty()); // NOLINT(bugprone-use-after-move): that is the claim
    EXPECT_EQ(second.reveal(), "short");
    std::string text(100, 'x');
    const char *bytes = text.data();
    wipe(text);
    EXPECT_TRUE(text.empty());
    EXPECT_EQ(text.data(), bytes); // the same memory, so what was there is overwritten
}

} // namespace
} // namespace drover
