#include "conformance/report/testing/xml.hpp"

#include "conformance/suite/sandbox.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace drover::conformance {
namespace {

struct Said {
    bool is_good = false;
    std::string result;
    std::string errors;
};

// In the script "$1" is the document and "$2" the argument.
Said run_parser(const std::string &script, const std::string &document, const std::string &argument) {
    std::string name = testing::TempDir() + "document-XXXXXX";
    const int fd = ::mkstemp(name.data());
    EXPECT_GE(fd, 0) << name;
    EXPECT_EQ(::write(fd, document.data(), document.size()), static_cast<ssize_t>(document.size()));
    ::close(fd);
    const auto end =
        run_in_sandbox({.program = "/bin/sh", .arguments = {"-c", script, "sh", name, argument}});
    ::unlink(name.c_str());
    if (!end)
        return {.errors = end.error().message};
    return {end->how == SandboxEnd::How::exited && end->code == 0, end->result, end->output_tail};
}

} // namespace

std::string xpath(const std::string &document, const std::string &expression) {
    Said said = run_parser("exec xmllint --nonet --xpath \"$2\" \"$1\" >&3", document, expression);
    EXPECT_TRUE(said.is_good) << expression << "\n" << said.errors;
    if (!said.is_good)
        return said.errors;
    if (said.result.ends_with('\n'))
        said.result.pop_back();
    return said.result;
}

std::string against_schema(const std::string &document, const std::string &schema_file) {
    const Said said =
        run_parser("exec xmllint --nonet --noout --schema \"$2\" \"$1\"", document, schema_file);
    return said.is_good ? std::string() : said.errors;
}

} // namespace drover::conformance
