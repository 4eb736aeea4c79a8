// What becomes of everything a driver can throw, through the real C table.
#include "fixture.hpp"

#include <cerrno>
#include <new>
#include <stdexcept>
#include <system_error>

namespace drv::testing {
namespace {

class Guard : public DriverTest {
protected:
    template <class Thrown>
    void throw_from(std::string_view method, Thrown thrown) {
        FullDriver::behave = [method, thrown](std::string_view now, Call &) {
            if (now == method)
                throw thrown;
        };
    }
    drv_status destroy() { return table->ops->destroy(instance, call.get(), to_abi("v"), 0); }
};

TEST_F(Guard, ErrorArrivesWithEverythingItSays) {
    throw_from("destroy", Error(Code::conflict, "volume v is\nattached")
                              .state_unknown()
                              .with_vendor_code("E-17")
                              .with_retry_after(std::chrono::seconds(2)));
    EXPECT_EQ(destroy(), DRV_E_CONFLICT);
    EXPECT_EQ(call.message, "volume v is attached");
    EXPECT_EQ(call.vendor_code, "E-17");
    EXPECT_EQ(call.flags, std::uint64_t{DRV_FAIL_RETRYABLE | DRV_FAIL_STATE_UNKNOWN});
    EXPECT_EQ(call.retry_after_ns, 2'000'000'000U);
}

TEST_F(Guard, EveryCodeIsTheAbisOwn) {
    for (const Code code :
         {Code::internal, Code::invalid, Code::unsupported, Code::not_found, Code::exists, Code::conflict,
          Code::no_space, Code::auth, Code::unreachable, Code::deadline, Code::cancelled}) {
        throw_from("destroy", Error(code, "why"));
        EXPECT_EQ(destroy(), static_cast<drv_status>(code));
        EXPECT_EQ(call.message, "why");
    }
}

TEST_F(Guard, StandardExceptionIsInternalAndOfAChangeNobodyKnows) {
    throw_from("destroy", std::runtime_error("parser broke"));
    EXPECT_EQ(destroy(), DRV_E_INTERNAL);
    EXPECT_EQ(call.message, "parser broke");
    EXPECT_EQ(call.flags, std::uint64_t{DRV_FAIL_STATE_UNKNOWN});
}

TEST_F(Guard, OpThatChangesNothingLeavesNoDoubt) {
    throw_from("probe", std::runtime_error("parser broke"));
    EXPECT_EQ(table->ops->probe(instance, call.get()), DRV_E_INTERNAL);
    EXPECT_EQ(call.flags, 0U);
}

TEST_F(Guard, OutOfMemoryIsRetryable) {
    throw_from("destroy", std::bad_alloc());
    EXPECT_EQ(destroy(), DRV_E_INTERNAL);
    EXPECT_EQ(call.message, "the driver ran out of memory");
    EXPECT_TRUE((call.flags & DRV_FAIL_RETRYABLE) != 0);
}

TEST_F(Guard, SystemErrorIsMappedByItsErrno) {
    throw_from("destroy", std::system_error(ENOSPC, std::generic_category(), "write"));
    EXPECT_EQ(destroy(), DRV_E_NO_SPACE);
    throw_from("destroy", std::system_error(ECONNREFUSED, std::system_category(), "connect"));
    EXPECT_EQ(destroy(), DRV_E_UNREACHABLE);
    throw_from("destroy", std::system_error(EIO, std::generic_category(), "read"));
    EXPECT_EQ(destroy(), DRV_E_INTERNAL);
}

TEST_F(Guard, AnythingElseIsStillNotFatal) {
    throw_from("destroy", 42);
    EXPECT_EQ(destroy(), DRV_E_INTERNAL);
    EXPECT_EQ(call.message, "the driver threw something that is no std::exception");
    throw_from("destroy", "text");
    EXPECT_EQ(destroy(), DRV_E_INTERNAL);
}

TEST_F(Guard, MessageIsOneLineOfValidUtf8) {
    throw_from("destroy", Error(Code::internal, "bad \xff\xc3 byte\tand \xc3\xa4"));
    EXPECT_EQ(destroy(), DRV_E_INTERNAL);
    EXPECT_EQ(call.message, "bad ?? byte and \xc3\xa4");
}

TEST_F(Guard, OpenThatThrowsLeavesNoInstance) {
    throw_from("open", Error(Code::auth, "password refused"));
    drv_instance *other = nullptr;
    EXPECT_EQ(table->open(host.get(), call.get(), &other), DRV_E_AUTH);
    EXPECT_EQ(other, nullptr);
    EXPECT_EQ(call.message, "password refused");
}

TEST_F(Guard, StoppedSinkPassesThroughWithoutAFailure) {
    volumes.stop_after = 2;
    const auto request = list_request();
    EXPECT_EQ(table->ops->list(instance, call.get(), &request, volumes.get()), DRV_E_STOPPED);
    EXPECT_EQ(volumes.rows.size(), 2U);
    EXPECT_EQ(call.failures, 0);
}

TEST_F(Guard, WhateverASinkAnswersIsReturned) {
    volumes.stop_after = 0;
    volumes.stop_with = DRV_E_INTERNAL;
    const auto request = create_request("v");
    EXPECT_EQ(table->ops->create(instance, call.get(), &request, volumes.get()), DRV_E_INTERNAL);
}

} // namespace
} // namespace drv::testing
