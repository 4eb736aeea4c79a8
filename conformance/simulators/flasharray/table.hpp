// One kind of object, by id and by name without regard to case, with what is needed to take a call's changes
// back and to write them down.
#pragma once

#include "conformance/simulators/flasharray/objects.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace drover::sim::flasharray {

[[nodiscard]] inline std::string lower(std::string_view text) {
    std::string out(text);
    for (char &c : out)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

template <class T>
class Table {
public:
    using Names = std::map<std::string, Id, std::less<>>;

    [[nodiscard]] const std::map<Id, T> &all() const noexcept { return objects_; }
    // Lower-case names, in their order.
    [[nodiscard]] const Names &names() const noexcept { return names_; }
    [[nodiscard]] std::size_t size() const noexcept { return objects_.size(); }

    [[nodiscard]] const T *find(Id id) const {
        const auto it = objects_.find(id);
        return it == objects_.end() ? nullptr : &it->second;
    }
    [[nodiscard]] const T &at(Id id) const { return objects_.at(id); }
    [[nodiscard]] const T *find(std::string_view name) const {
        const auto it = names_.find(lower(name));
        return it == names_.end() ? nullptr : &objects_.at(it->second);
    }

    // Its id is one that was never used.
    T &add(T object) {
        const Id id = object.id;
        remember(id);
        index(object);
        return objects_.insert_or_assign(id, std::move(object)).first->second;
    }
    // To change all but id and name.
    T &edit(Id id) {
        remember(id);
        return objects_.at(id);
    }
    void rename(Id id, std::string name) { // NOLINT(performance-unnecessary-value-param): it is moved
        T &object = edit(id);
        unindex(object);
        object.name = std::move(name);
        index(object);
    }
    void erase(Id id) {
        remember(id);
        unindex(objects_.at(id));
        objects_.erase(id);
    }

    // What changed since the last commit, as it was before; without a value: it was not there.
    [[nodiscard]] const std::map<Id, std::optional<T>> &changed() const noexcept { return before_; }
    void commit() noexcept { before_.clear(); }
    void roll_back() {
        for (const auto &[id, was] : before_) {
            if (const auto it = objects_.find(id); it != objects_.end()) {
                unindex(it->second);
                objects_.erase(it);
            }
        }
        for (auto &[id, was] : before_) {
            if (was) {
                index(*was);
                objects_.emplace(id, std::move(*was));
            }
        }
        before_.clear();
    }

private:
    void remember(Id id) {
        if (before_.contains(id))
            return;
        const auto it = objects_.find(id);
        before_.emplace(id, it == objects_.end() ? std::nullopt : std::optional<T>(it->second));
    }
    void index(const T &object) {
        if (!object.name.empty())
            names_[lower(object.name)] = object.id;
    }
    void unindex(const T &object) {
        if (const auto it = names_.find(lower(object.name)); it != names_.end() && it->second == object.id)
            names_.erase(it);
    }

    std::map<Id, T> objects_;
    Names names_;
    std::map<Id, std::optional<T>> before_;
};

} // namespace drover::sim::flasharray
