#pragma once

#include "bulk/job/endpoint_inventory.hpp"
#include "bulk/job/job.hpp"
#include "bulk/job/shard.hpp"

#include <bandwidth/webrtc/brtc/client.hpp>
#include <cstdint>

namespace bandwidth::webrtc::bulk {

/// The job of BRTC's API: endpoints, for which no device comes.
class endpoint_job final : public job {
public:
    /// \param endpoints  those of the whole run that are this job's
    /// \param nonce  tells this run's tags from those of any other
    endpoint_job(brtc::client client, share endpoints, std::uint64_t nonce);

    std::vector<job_call> calls() override;
    std::vector<call_kind> begin_clean_up() override;
    std::vector<thing_count> existing() const override;
    void visit_existing(
        const std::function<void(thing_kind, std::size_t, std::string_view)>& visit) const override;
    void restore(thing_kind kind, std::size_t number, std::string id) override;
    client_stats stats() const override { return client_.stats(); }
    void close() noexcept override { client_.close(); }

private:
    using called = boost::asio::awaitable<void>;

    job_call for_endpoints(call_kind kind, called (endpoint_job::*made)(std::size_t, call_log&));

    called create_endpoint(std::size_t number, call_log& log);
    called get_endpoint(std::size_t number, call_log& log);
    called update_endpoint_bxml(std::size_t number, call_log& log);
    called list_endpoints(call_log& log);
    called delete_endpoint(std::size_t number, call_log& log);

    brtc::client client_;
    endpoint_inventory created_;
    bool may_be_gone_ = false; // what is deleted: by itself, or by a delete whose response was lost
};

} // namespace bandwidth::webrtc::bulk
