// core: attach and resolve.
#include "conformance/suite/cases/cases.hpp"
#include "conformance/suite/checks.hpp"
#include "core/connect/nvme_subsystem.hpp"
#include "core/connect/wwid.hpp"

#include <fmt/format.h>

#include <set>

namespace drover::conformance {
namespace {

void connection_sane(Test &test) {
    const BackendVolume volume = test.make_volume();
    const Connection connection = test.attach_first(volume.id);
    const auto bit = 1ULL << static_cast<unsigned>(connection.protocol);
    test.expect((test.caps().protocols & bit) != 0, "a protocol that the capabilities name", "another one");
    if (connection.protocol == Protocol::local) {
        test.expect(connection.device.starts_with("/dev/"), "a device path under /dev",
                    fmt::format("\"{}\"", connection.device));
        test.expect(connection.lun == 0 && connection.paths.empty(),
                    "neither LUN nor portals of a local device", "some");
        return;
    }
    test.expect(connection.device.empty(), "no device path, since the host finds the device",
                fmt::format("\"{}\"", connection.device));
    test.expect(!connection.paths.empty(), "at least one target", "none");
    for (const Path &path : connection.paths) {
        test.expect(!path.target.empty(), "every path has a target", "an empty one");
        test.expect(connection.protocol == Protocol::fc || path.portal.find(':') != std::string::npos,
                    "every portal is address:port", fmt::format("\"{}\"", path.portal));
    }
    test.expect(connection.auth_user.empty() == connection.auth_secret_key.empty(),
                "a CHAP user and the name of its secret, or neither", "one of them");
}

void wwid_form(Test &test) {
    const BackendVolume volume = test.make_volume();
    const Connection connection = test.attach_first(volume.id);
    const std::string &wwid = connection.wwid;
    const bool fits =
        connection.protocol == Protocol::local
            ? wwid.starts_with("loop:") || wwid.starts_with("dm:") || wwid.starts_with("serial:")
        : connection.protocol == Protocol::nvme_tcp ? connect::is_nvme_wwid(wwid)
                                                    : connect::is_scsi_wwid(wwid);
    test.expect(fits, "a wwid in the form of its protocol (drover/abi/volume.h)",
                fmt::format("\"{}\"", wwid));
}

void idempotent(Test &test) {
    const BackendVolume volume = test.make_volume();
    const Connection first = test.attach_first(volume.id);
    for (int round = 0; round < 3; ++round) {
        test.expect(test.attach_first(volume.id) == first, "the same connection when it is attached already",
                    "another one");
    }
}

void two_volumes(Test &test) {
    const BackendVolume one = test.make_volume();
    const BackendVolume other = test.make_volume();
    const Connection first = test.attach_first(one.id);
    const Connection second = test.attach_first(other.id);
    test.expect(first.wwid != second.wwid, "two volumes have two wwids",
                fmt::format("\"{}\" twice", first.wwid));
    test.expect(first.device.empty() || first.device != second.device, "two volumes have two devices",
                fmt::format("{} twice", first.device));
    test.expect(!first.device.empty() || first.lun != second.lun || first.paths != second.paths ||
                    first.protocol == Protocol::nvme_tcp,
                "two volumes have two places", fmt::format("LUN {} of the same targets twice", first.lun));
}

// What is attached already is looked up, and may be mixed up.
void again_among_others(Test &test) {
    std::vector<std::pair<std::string, Connection>> attached;
    for (int i = 0; i < 3; ++i) {
        const std::string id = test.make_volume().id;
        attached.emplace_back(id, test.attach_first(id));
    }
    for (const auto &[id, connection] : attached) {
        test.expect(test.attach_first(id) == connection, "its own connection when it is attached again",
                    "another one");
        test.expect(one_connection(test, test.instance().resolve({.id = id, .node = test.first()})) ==
                        connection,
                    "its own connection from resolve", "another one");
    }
}

void same_name(Test &test) {
    CreateArguments one = test.small_volume();
    CreateArguments other = test.small_volume();
    one.name = other.name = "conformance-namesake";
    one_volume(test, test.instance().create(one), one.id);
    one_volume(test, test.instance().create(other), other.id);
    const Connection first = test.attach_first(one.id);
    const Connection second = test.attach_first(other.id);
    test.expect(first.wwid != second.wwid, "two volumes of one name have two wwids",
                fmt::format("\"{}\" twice", first.wwid));
}

void elsewhere(Test &test) {
    if ((test.caps().flags & DRV_CAP_MULTI_ATTACH) != 0)
        test.skip("the backend attaches a volume to several nodes (DRV_CAP_MULTI_ATTACH)");
    const BackendVolume volume = test.make_volume();
    test.attach_first(volume.id);
    const Answer refused = test.instance_of_second().attach({.id = volume.id, .node = test.second()});
    answers(test, refused, {DRV_E_CONFLICT}, "it is attached to another node");
    const std::string text = refused.failure ? refused.failure->message : "";
    test.expect(text.find(test.first().id) != std::string::npos,
                fmt::format("the message names the node \"{}\"", test.first().id),
                fmt::format("\"{}\"", text));
    answers(test, test.instance_of_second().resolve({.id = volume.id, .node = test.second()}),
            {DRV_E_NOT_FOUND}, "the other node got no attachment");
    one_connection(test, test.instance().resolve({.id = volume.id, .node = test.first()}));
}

void several(Test &test) {
    const BackendVolume volume = test.make_volume();
    test.attach_first(volume.id);
    test.attach_second(volume.id);
    const std::set<std::string> wanted{test.first().id, test.second().id};
    const auto nodes = exists(test, test.instance(), volume.id).attached_nodes;
    test.expect(std::set<std::string>(nodes.begin(), nodes.end()) == wanted, "get names both nodes",
                fmt::format("{} nodes", nodes.size()));
    test.detach_second(volume.id);
}

void listed(Test &test) {
    const BackendVolume volume = test.make_volume();
    test.attach_first(volume.id);
    for (Instance *instance : {&test.instance(), &test.instance_of_second()}) {
        const auto nodes = exists(test, *instance, volume.id).attached_nodes;
        test.expect(nodes == std::vector{test.first().id},
                    fmt::format("get tells that it is attached to \"{}\" only", test.first().id),
                    nodes.empty() ? "no node"
                                  : fmt::format("{} nodes, the first \"{}\"", nodes.size(), nodes.front()));
    }
}

void unknown_flag(Test &test) {
    const BackendVolume volume = test.make_volume();
    for (const std::uint64_t flag : {std::uint64_t{1} << 63U, std::uint64_t{2}, std::uint64_t{1} << 32U}) {
        answers(test, test.instance().attach({.id = volume.id, .node = test.first(), .flags = flag}),
                {DRV_E_INVALID}, "the flag is unknown");
    }
    answers(test, test.instance().resolve({.id = volume.id, .node = test.first()}), {DRV_E_NOT_FOUND},
            "nothing was attached");
}

} // namespace

void add_core_attach_cases(Registry &all) {
    all.mandatory("core.attach.emits", "Attach emits one connection with a wwid.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        test.expect(!test.attach_first(volume.id).wwid.empty(),
                    "a wwid, without which nobody can prove the device", "none");
    });
    all.mandatory("core.attach.connection-sane",
                  "The connection says what its protocol needs, and nothing of other protocols.",
                  connection_sane);
    all.mandatory("core.attach.wwid-form", "The wwid has the form of its protocol.", wwid_form);
    all.mandatory("core.attach.idempotent", "Attaching again gives the same connection.", idempotent);
    all.mandatory("core.attach.two-volumes", "Two volumes have two connections and never share a wwid.",
                  two_volumes);
    all.mandatory("core.attach.same-name", "Two volumes of one name never share a connection.", same_name);
    all.mandatory("core.attach.again-among-others",
                  "Of several attached volumes each keeps its own connection when it is attached again.",
                  again_among_others);
    all.mandatory(
        "core.attach.elsewhere-conflict",
        "A volume attached to another node is refused with CONFLICT, and the message names the node.",
        elsewhere);
    all.advertised("core.attach.multi-attach", {.caps = DRV_CAP_MULTI_ATTACH},
                   "A volume can be attached to two nodes at a time.", several);
    all.mandatory("core.attach.listed", "Get and list tell the node it is attached to, whoever asks.",
                  listed);
    all.mandatory("core.attach.unknown-volume", "Attaching what does not exist answers NOT_FOUND.",
                  [](Test &test) {
                      answers(test, test.instance().attach({.id = test.fresh_id(), .node = test.first()}),
                              {DRV_E_NOT_FOUND}, "there is no such volume");
                  });
    all.mandatory("core.attach.read-only",
                  "A read-only attach works, or answers UNSUPPORTED and attaches nothing.", [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      const Answer answer = test.instance().attach(
                          {.id = volume.id, .node = test.first(), .flags = DRV_ATTACH_READ_ONLY});
                      answers(test, answer, {DRV_OK, DRV_E_UNSUPPORTED}, "the flag is one of ABI 1.0");
                      if (answer.is_ok())
                          one_connection(test, answer);
                  });
    all.mandatory("core.attach.unknown-flag", "An unknown flag bit answers INVALID and attaches nothing.",
                  unknown_flag);
    all.mandatory("core.resolve.same", "Resolve gives what attach gave, every time.", [](Test &test) {
        const BackendVolume volume = test.make_volume();
        const Connection attached = test.attach_first(volume.id);
        for (int round = 0; round < 3; ++round) {
            test.expect(one_connection(test, test.instance().resolve(
                                                 {.id = volume.id, .node = test.first()})) == attached,
                        "the connection that attach gave", "another one");
        }
    });
    all.mandatory("core.resolve.not-attached",
                  "Resolve of a volume that is not attached answers NOT_FOUND and attaches nothing.",
                  [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      for (int round = 0; round < 2; ++round) {
                          answers(test, test.instance().resolve({.id = volume.id, .node = test.first()}),
                                  {DRV_E_NOT_FOUND}, "it is not attached");
                      }
                  });
    all.mandatory("core.resolve.other-node", "Resolve for a node it is not attached to answers NOT_FOUND.",
                  [](Test &test) {
                      const BackendVolume volume = test.make_volume();
                      test.attach_first(volume.id);
                      answers(test,
                              test.instance_of_second().resolve({.id = volume.id, .node = test.second()}),
                              {DRV_E_NOT_FOUND}, "it is attached to another node");
                  });
    all.mandatory("core.resolve.unknown-volume", "Resolve of what does not exist answers NOT_FOUND.",
                  [](Test &test) {
                      answers(test, test.instance().resolve({.id = test.fresh_id(), .node = test.first()}),
                              {DRV_E_NOT_FOUND}, "there is no such volume");
                  });
}

} // namespace drover::conformance
