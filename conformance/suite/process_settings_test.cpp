#include "conformance/suite/process_settings.hpp"

#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sys/stat.h>

namespace drover::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ProcessSettings, WhatStaysIsNoDifference) {
    for (const auto settings :
         {working_directory, file_mask, locale_settings, environment, signal_handlers, signal_mask, limits}) {
        const Settled before = settings();
        EXPECT_FALSE(before.empty());
        EXPECT_THAT(differences(before, settings()), IsEmpty());
    }
}

TEST(ProcessSettings, EachChangeIsToldInWords) {
    const auto home = std::filesystem::current_path();
    const Settled directory = working_directory();
    std::filesystem::current_path("/");
    EXPECT_THAT(differences(directory, working_directory()),
                ElementsAre("the working directory was " + home.native() + " and is /"));
    std::filesystem::current_path(home);

    const Settled mask = file_mask();
    const mode_t old = ::umask(0123);
    EXPECT_THAT(differences(mask, file_mask()), ElementsAre(HasSubstr("and is 0123")));
    ::umask(old);

    const Settled variables = environment();
    ::setenv("DROVER_SETTINGS_TEST", "here", 1);
    EXPECT_THAT(differences(variables, environment()),
                ElementsAre("the environment's DROVER_SETTINGS_TEST is new: \"here\""));
    const Settled with = environment();
    ::unsetenv("DROVER_SETTINGS_TEST");
    EXPECT_THAT(differences(with, environment()),
                ElementsAre("the environment's DROVER_SETTINGS_TEST was \"here\" and is gone"));

    const Settled handlers = signal_handlers();
    const auto before = std::signal(SIGUSR1, SIG_IGN);
    EXPECT_THAT(differences(handlers, signal_handlers()), ElementsAre(HasSubstr("and is ignored")));
    std::signal(SIGUSR1, before);
}

} // namespace
} // namespace drover::conformance
