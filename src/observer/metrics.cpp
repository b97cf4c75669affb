#include <algorithm>
#include <array>
#include <bandwidth/webrtc/metrics.hpp>
#include <iterator>
#include <numeric>
#include <string_view>
#include <tuple>

namespace bandwidth::webrtc {

namespace {

bool is_registered(std::string_view method) noexcept {
    constexpr std::array<std::string_view, 9> registered = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                            "CONNECT", "OPTIONS", "TRACE", "PATCH"};
    return std::find(registered.begin(), registered.end(), method) != registered.end();
}

} // namespace

void duration_histogram::add(std::chrono::nanoseconds value) noexcept {
    const auto seconds = std::chrono::duration<double>(value).count();
    const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
    ++counts[static_cast<std::size_t>(std::distance(bounds.begin(), bound))];
    sum += value;
}

std::uint64_t duration_histogram::count() const noexcept {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

void metrics::attempt_ended(const observed_attempt_end& event) noexcept {
    if (event.status == 0 && !event.maybe_processed)
        return; // nothing was sent, so it was no request
    const auto& call = event.attempt.call;
    // As the conventions want it, so that a method of somebody's own makes no histograms without end.
    const auto method = is_registered(call.method) ? call.method : std::string_view("_OTHER");
    const auto& spent = event.timings;
    const auto error = error_type(event.error);
    const std::lock_guard lock(mutex_);
    auto found = std::find_if(requests_.begin(), requests_.end(), [&](const request_durations& known) {
        return known.status == event.status && known.method == method &&
               known.url_template == call.url_template && known.error_type == error &&
               known.server_port == call.server_port && known.server_address == call.server_address;
    });
    if (found == requests_.end())
        found = requests_.insert(found, {std::string(method),
                                         std::string(call.url_template),
                                         std::string(call.server_address),
                                         call.server_port,
                                         event.status,
                                         error,
                                         {}});
    found->durations.add(spent.pipeline + spent.wait + spent.receive);
}

void metrics::call_sent_again(const observed_resend& event) noexcept {
    const std::lock_guard lock(mutex_);
    ++resends_[static_cast<std::size_t>(event.kind)];
}

void metrics::call_ended(const observed_call_end& event) noexcept {
    const auto error = error_type(event.error);
    const std::lock_guard lock(mutex_);
    auto found = std::find_if(calls_.begin(), calls_.end(), [&](const call_durations& known) {
        return known.operation == event.call.operation && known.error_type == error;
    });
    if (found == calls_.end())
        found = calls_.insert(found, {std::string(event.call.operation), error, {}});
    found->durations.add(event.elapsed);
}

std::vector<metrics::request_durations> metrics::requests() const {
    std::unique_lock lock(mutex_);
    auto all = requests_;
    lock.unlock();
    std::sort(all.begin(), all.end(), [](const request_durations& a, const request_durations& b) {
        return std::tie(a.url_template, a.method, a.status, a.error_type, a.server_address, a.server_port) <
               std::tie(b.url_template, b.method, b.status, b.error_type, b.server_address, b.server_port);
    });
    return all;
}

std::vector<metrics::call_durations> metrics::calls() const {
    std::unique_lock lock(mutex_);
    auto all = calls_;
    lock.unlock();
    std::sort(all.begin(), all.end(), [](const call_durations& a, const call_durations& b) {
        return std::tie(a.operation, a.error_type) < std::tie(b.operation, b.error_type);
    });
    return all;
}

std::uint64_t metrics::resends(resend_kind kind) const {
    const std::lock_guard lock(mutex_);
    return resends_[static_cast<std::size_t>(kind)];
}

} // namespace bandwidth::webrtc
