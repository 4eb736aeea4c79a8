// What the test driver does with its host's services. An id "service|NAME|..." says which, its parts are the
// arguments, and an attribute "answer" tells what came of it.
#include "drover/ext/exec.h"
#include "drover/ext/store.h"
#include "drover/ext/timer.h"
#include "fixture_ops.hpp"

#include <cstring>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

namespace fixture {
namespace {

using Words = std::vector<std::string>;

Words split(string_view id) {
    Words words;
    while (true) {
        const auto end = id.find('|');
        words.emplace_back(id.substr(0, end));
        if (end == string_view::npos)
            return words;
        id.remove_prefix(end + 1);
    }
}

template <typename Table>
const Table *table(const drv_instance *self, const char *id) {
    return static_cast<const Table *>(self->host->service(self->host, text(id)));
}

drv_status use_store(const Words &words, const drv_instance *self, const drv_call *call,
                     std::string &answer) {
    const auto *store = table<drv_store_v1>(self, DRV_SERVICE_STORE);
    if (store == nullptr)
        return failing(call, DRV_E_UNSUPPORTED, "no store");
    const std::string &op = words.at(1);
    const drv_str key = text(words.at(2));
    drv_status status = DRV_E_INVALID;
    if (op == "put")
        status = store->put(self->host, key, text(words.at(3)));
    if (op == "fill")
        status = store->put(self->host, key, text(std::string(std::stoull(words.at(3)), 'x')));
    if (op == "get") {
        status = store->get(self->host, key, &answer, [](void *to, drv_str value) {
            static_cast<std::string *>(to)->assign(value.data, value.len);
        });
    }
    if (op == "erase")
        status = store->erase(self->host, key);
    if (op == "list" || op == "first") {
        const auto all = [](void *to, drv_str each) -> uint32_t {
            static_cast<std::string *>(to)->append(each.data, each.len).append(" ");
            return 1;
        };
        const auto first = [](void *to, drv_str each) -> uint32_t {
            static_cast<std::string *>(to)->append(each.data, each.len);
            return 0;
        };
        status = op == "list" ? store->list(self->host, key, &answer, all)
                              : store->list(self->host, key, &answer, first);
    }
    return status == DRV_OK ? status : failing(call, status, "the store refused");
}

// "service|run|INPUT|PROGRAM|ARGUMENT..."; the input "stop" ends it with the first piece of output.
drv_status run_program(const Words &words, const drv_instance *self, const drv_call *call,
                       std::string &answer) {
    struct Heard {
        std::string out, err;
        bool stops;
    } heard{{}, {}, words.at(2) == "stop"};
    std::vector<drv_str> arguments;
    for (std::size_t i = 4; i < words.size(); ++i)
        arguments.push_back(text(words[i]));
    const drv_kv variable = {text("FROM_THE_DRIVER"), text("yes")};
    drv_exec_req request{};
    request.struct_size = sizeof request;
    request.program = text(words.at(3));
    request.arguments = arguments.data();
    request.argument_count = arguments.size();
    request.environment = &variable;
    request.environment_count = 1;
    request.input = text(words.at(2));
    const drv_exec_sink sink = {
        sizeof sink, 0, &heard, [](void *data, uint32_t stream, drv_str bytes) -> drv_status {
            auto &to = *static_cast<Heard *>(data);
            (stream == DRV_EXEC_STDOUT ? to.out : to.err).append(bytes.data, bytes.len);
            return to.stops ? DRV_E_STOPPED : DRV_OK;
        }};
    drv_exec_end end{};
    end.struct_size = sizeof end;
    const auto *exec = table<drv_exec_v1>(self, DRV_SERVICE_EXEC);
    const drv_status status = exec->run(self->host, call, &request, &sink, &end);
    if (status != DRV_OK && status != DRV_E_STOPPED)
        return failing(call, status, "the program did not come to its end; it had said " + heard.out);
    answer =
        std::to_string(end.how) + " " + std::to_string(end.code) + " out:" + heard.out + " err:" + heard.err;
    return DRV_OK;
}

void ring(void *fd) {
    (void)!eventfd_write(static_cast<int>(reinterpret_cast<std::intptr_t>(fd)), 1);
}

drv_status use_timer(const Words &words, const drv_instance *self, const drv_call *call,
                     std::string &answer) {
    constexpr uint64_t kHour = 3600ULL * 1000 * 1000 * 1000;
    const auto *timer = table<drv_timer_v1>(self, DRV_SERVICE_TIMER);
    const uint64_t now = self->host->now_ns(self->host);
    uint64_t number = 0;
    if (words.at(1) == "leave") // for close to take away
        return timer->set(
            self->host, now + kHour, nullptr, [](void *) {}, &number);
    if (words.at(1) == "cancel") {
        drv_status status = timer->set(
            self->host, now + kHour, nullptr, [](void *) {}, &number);
        if (status == DRV_OK)
            status = timer->cancel(self->host, number);
        if (status != DRV_OK)
            return failing(call, status, "cannot be cancelled");
        answer = timer->cancel(self->host, number) == DRV_E_NOT_FOUND ? "cancelled once" : "cancelled twice";
        return DRV_OK;
    }
    const int fd = eventfd(0, EFD_CLOEXEC);
    drv_status status = timer->set(self->host, now + 1000 * 1000,
                                   reinterpret_cast<void *>(static_cast<std::intptr_t>(fd)), ring, &number);
    if (status == DRV_OK) {
        pollfd fds[] = {{fd, POLLIN, 0}, {call->ops->cancel_fd(call), POLLIN, 0}};
        poll(fds, 2, -1);
        answer = fds[0].revents != 0 ? "rang" : "did not ring";
        timer->cancel(self->host, number);
    }
    close(fd);
    return status;
}

} // namespace

bool is_service(string_view how) {
    return how.substr(0, 8) == "service|";
}

drv_status use_service(string_view how, const drv_instance *self, const drv_call *call, std::string &answer) {
    Words words = split(how);
    words.erase(words.begin());
    if (words.at(0) == "offered") {
        for (const char *id :
             {DRV_SERVICE_STORE, DRV_SERVICE_EXEC, DRV_SERVICE_TIMER, "drv.store/2", "drv.timer/1 ", ""}) {
            if (self->host->service(self->host, text(id)) != nullptr)
                answer += std::string(id) + " ";
        }
        return DRV_OK;
    }
    if (words.at(0) == "store")
        return use_store(words, self, call, answer);
    if (words.at(0) == "timer")
        return use_timer(words, self, call, answer);
    words.insert(words.begin(), "exec");
    return run_program(words, self, call, answer);
}

} // namespace fixture
