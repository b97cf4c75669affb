#include "bulk/job/endpoint_job.hpp"

#include "bulk/job/endpoint_checks.hpp"

#include <bandwidth/webrtc/bxml.hpp>
#include <functional>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace asio = boost::asio;

endpoint_job::endpoint_job(brtc::client client, share endpoints, std::uint64_t nonce)
    : client_(std::move(client)), created_(endpoints, nonce) {}

job_call endpoint_job::for_endpoints(call_kind kind, called (endpoint_job::*made)(std::size_t, call_log&)) {
    return {kind, created_.size(), 1, std::bind_front(made, this)};
}

std::vector<job_call> endpoint_job::calls() {
    return {
        for_endpoints(call_kind::create_endpoint, &endpoint_job::create_endpoint),
        for_endpoints(call_kind::get_endpoint, &endpoint_job::get_endpoint),
        for_endpoints(call_kind::update_endpoint_bxml, &endpoint_job::update_endpoint_bxml),
        // One list of all, since each page tells where the next one begins.
        {call_kind::list_endpoints, 1, 0, [this](std::size_t, call_log& log) { return list_endpoints(log); }},
        for_endpoints(call_kind::delete_endpoint, &endpoint_job::delete_endpoint),
    };
}

std::vector<call_kind> endpoint_job::begin_clean_up() {
    may_be_gone_ = true;
    return {call_kind::delete_endpoint};
}

std::vector<thing_count> endpoint_job::existing() const { return {{thing_kind::endpoint, created_.count()}}; }

void endpoint_job::visit_existing(
    const std::function<void(thing_kind, std::size_t, std::string_view)>& visit) const {
    for (std::size_t number = 0; number < created_.size(); ++number)
        if (const auto& one = created_[number];
            one.state == presence::exists || one.state == presence::unsure)
            visit(thing_kind::endpoint, number, one.id.value());
}

void endpoint_job::restore(thing_kind /*kind*/, std::size_t number, std::string id) {
    created_[number] = {endpoint_id(std::move(id)), presence::exists};
}

asio::awaitable<void> endpoint_job::create_endpoint(std::size_t number, call_log& log) {
    if (created_[number].state == presence::exists)
        co_return; // a run before had made it
    const auto tag = created_.tag(number);
    const auto request = brtc::endpoint_request(brtc::endpoint_direction::bidirectional).tag(tag);
    const auto started = log.start(call_kind::create_endpoint, number);
    const auto response = co_await client_.try_create_endpoint(request, log.options());
    if (!log.note(started, response))
        co_return;
    log.add_check(started, check_endpoint(response->endpoint(), endpoint_id(), tag));
    created_[number] = {response->endpoint().id(), presence::exists};
    log.created(thing_kind::endpoint, number, response->endpoint().id().value());
}

asio::awaitable<void> endpoint_job::get_endpoint(std::size_t number, call_log& log) {
    const auto& id = created_[number].id;
    if (id.empty()) {
        log.skip(call_kind::get_endpoint);
        co_return;
    }
    const auto started = log.start(call_kind::get_endpoint, number);
    const auto response = co_await client_.try_get_endpoint(id, log.options());
    if (log.note(started, response))
        log.add_check(started, check_endpoint(*response, id, created_.tag(number)));
}

asio::awaitable<void> endpoint_job::update_endpoint_bxml(std::size_t number, call_log& log) {
    const auto& id = created_[number].id;
    if (id.empty()) {
        log.skip(call_kind::update_endpoint_bxml);
        co_return;
    }
    const auto spoken = bxml::verb("SpeakSentence").text(created_.tag(number));
    const auto document = bxml::response().add(spoken);
    const auto started = log.start(call_kind::update_endpoint_bxml, number);
    const auto response = co_await client_.try_update_endpoint_bxml(id, document, log.options());
    log.note(started, response);
}

asio::awaitable<void> endpoint_job::list_endpoints(call_log& log) {
    endpoint_list_check check(created_);
    auto pages =
        client_.list_all_endpoints(brtc::endpoint_filter().limit(largest_endpoint_page), log.options());
    bool more = true;
    while (more && log.may_go_on()) {
        const auto started = log.start(call_kind::list_endpoints, 0);
        const auto page = co_await pages.try_next();
        if (!log.note(started, page))
            co_return;
        const brtc::endpoint_page& read = **page; // there is one, since the last one had a cursor
        log.add_check(started, check.add(read));
        more = read.next_cursor().has_value();
    }
}

asio::awaitable<void> endpoint_job::delete_endpoint(std::size_t number, call_log& log) {
    auto& entry = created_[number];
    if (entry.state == presence::none || entry.state == presence::deleted) {
        log.skip(call_kind::delete_endpoint);
        co_return;
    }
    const auto deleting = log.deletion_options(may_be_gone_);
    const auto started = log.start(call_kind::delete_endpoint, number);
    const auto response = co_await client_.try_delete_endpoint(entry.id, deleting);
    const bool is_deleted = log.note(started, response);
    entry.state = is_deleted ? presence::deleted : presence::unsure;
    if (is_deleted)
        log.deleted(thing_kind::endpoint, number);
}

} // namespace bandwidth::webrtc::bulk
