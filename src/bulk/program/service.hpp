#pragma once

#include "bulk/job/job.hpp"
#include "bulk/run/settings.hpp"

#include <bandwidth/webrtc/brtc/client.hpp>
#include <bandwidth/webrtc/brtc/client_options.hpp>
#include <bandwidth/webrtc/client_options.hpp>
#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace bandwidth::webrtc::bulk {

/// The service that a run calls, and how a client reaches it. Starts the embedded one on a thread of its own
/// where that is the one.
class service {
public:
    /// \throws api_error (`errc::invalid_options`) when the environment has no credentials and they are
    /// needed
    explicit service(const settings& chosen);

    /// The job of the chosen API for one thread, with a client that calls this service and has the thread's
    /// part of the connections.
    /// \param context  outlives the job
    /// \param items   of all sessions or endpoints of the run those of the job
    /// \param thread  its number, from 0
    /// \param nonce  tells this run's tags from those of any other
    /// \throws api_error (`errc::invalid_options`) when the client refuses the options
    std::unique_ptr<job> make_job(boost::asio::io_context& context, const settings& chosen, share items,
                                  std::size_t thread, std::uint64_t nonce) const;
    /// A client of BRTC's, where that is the chosen API.
    /// \param context  outlives the client
    /// \throws api_error (`errc::invalid_options`) when it refuses the options
    brtc::client make_endpoint_client(boost::asio::io_context& context) const;
    const std::string& base_url() const noexcept;
    /// For people: "the embedded service", or the base URL.
    std::string description() const;
    /// What the embedded service has seen; nothing when another is called.
    std::optional<testing::loopback_stats> stats() const;

private:
    std::optional<testing::loopback_server> loopback_;
    std::variant<client_options, brtc::client_options> options_;
};

} // namespace bandwidth::webrtc::bulk
