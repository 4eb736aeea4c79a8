// Objects as the state file has them, which is not how the REST API shows them.
#pragma once

#include "conformance/simulators/flasharray/objects.hpp"

#include <boost/json/object.hpp>

namespace drover::sim::flasharray {

// Without secrets CHAP passwords are "***".
[[nodiscard]] boost::json::object object_json(const Volume &volume, bool with_secrets);
[[nodiscard]] boost::json::object object_json(const Host &host, bool with_secrets);
[[nodiscard]] boost::json::object object_json(const HostGroup &group, bool with_secrets);
[[nodiscard]] boost::json::object object_json(const Connection &connection, bool with_secrets);
[[nodiscard]] boost::json::object object_json(const ProtectionGroup &group, bool with_secrets);
[[nodiscard]] boost::json::object object_json(const GroupSnapshot &snapshot, bool with_secrets);
[[nodiscard]] boost::json::object object_json(const Container &container, bool with_secrets);
[[nodiscard]] boost::json::object array_json(const Array &array);

// The way back. Throws std::exception for what object_json did not write.
template <class T>
[[nodiscard]] T read_object(const boost::json::object &text);
template <>
Volume read_object<Volume>(const boost::json::object &text);
template <>
Host read_object<Host>(const boost::json::object &text);
template <>
HostGroup read_object<HostGroup>(const boost::json::object &text);
template <>
Connection read_object<Connection>(const boost::json::object &text);
template <>
ProtectionGroup read_object<ProtectionGroup>(const boost::json::object &text);
template <>
GroupSnapshot read_object<GroupSnapshot>(const boost::json::object &text);
template <>
Container read_object<Container>(const boost::json::object &text);
[[nodiscard]] Array read_array(const boost::json::object &text);

} // namespace drover::sim::flasharray
