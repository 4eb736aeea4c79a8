// What every Store must do, as tests over a factory: an implementation's own test instantiates the suite with
// its factory and links store_suite.cpp. Nothing in it knows SQLite.
#pragma once

#include "core/store/store.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace drover::store {

// A place for one store, empty at first, removed with the object.
class StorePlace {
public:
    virtual ~StorePlace() = default;
    // Opens what is there; called again only after the one before is destroyed.
    virtual Result<std::unique_ptr<Store>> open() = 0;
};

struct StorePlaceFactory {
    std::string name; // of the implementation, in the tests' names
    std::function<std::unique_ptr<StorePlace>()> make;
};
inline void PrintTo(const StorePlaceFactory &factory, std::ostream *out) {
    *out << factory.name;
}

class StoreSuite : public testing::TestWithParam<StorePlaceFactory> {
protected:
    void SetUp() override {
        place_ = GetParam().make();
        reopen();
    }
    void reopen() {
        store_.reset();
        auto opened = place_->open();
        ASSERT_TRUE(opened.has_value()) << opened.error().message;
        store_ = std::move(*opened);
    }
    // Commits one write and gives its revision; 0 when it failed.
    std::int64_t put(const std::string &key, const std::string &value) {
        const Write write{.key = key, .value = value};
        auto revision = store_->commit({&write, 1});
        EXPECT_TRUE(revision.has_value()) << revision.error().message;
        return revision.value_or(0);
    }

    std::unique_ptr<StorePlace> place_;
    std::unique_ptr<Store> store_;
};

} // namespace drover::store
