#pragma once

#include "bulk/job/endpoint_inventory.hpp"
#include "bulk/job/job.hpp"

#include <bandwidth/webrtc/brtc/client.hpp>
#include <cstdint>

namespace bandwidth::webrtc::bulk {

/// The job of BRTC's API: endpoints, for which no device comes.
class endpoint_job final : public job {
public:
    /// \param nonce  tells this run's tags from those of any other
    endpoint_job(brtc::client client, std::size_t endpoints, std::uint64_t nonce);

    std::vector<job_call> calls() override;
    std::vector<job_call> clean_up_calls() override;
    std::vector<thing_count> existing() const override;
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
    call_options delete_options_;
};

} // namespace bandwidth::webrtc::bulk
