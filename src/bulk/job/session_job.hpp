#pragma once

#include "bulk/job/inventory.hpp"
#include "bulk/job/job.hpp"
#include "bulk/job/shard.hpp"

#include <bandwidth/webrtc/client.hpp>
#include <cstdint>

namespace bandwidth::webrtc::bulk {

/// The job of the sessions API: sessions with participants, who join and subscribe.
class session_job final : public job {
public:
    /// \param sessions  those of the whole run that are this job's
    /// \param nonce  tells this run's tags from those of any other
    session_job(client client, share sessions, std::size_t participants_each, std::uint64_t nonce);

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
    using session_step = called (session_job::*)(std::size_t session, call_log&);
    using participant_step = called (session_job::*)(std::size_t session, std::size_t number, call_log&);

    job_call for_sessions(call_kind kind, session_step made);
    job_call for_participants(call_kind kind, participant_step made);

    called create_session(std::size_t session, call_log& log);
    called create_participant(std::size_t session, std::size_t number, call_log& log);
    called add_participant_to_session(std::size_t session, std::size_t number, call_log& log);
    called get_session(std::size_t session, call_log& log);
    called get_participant(std::size_t session, std::size_t number, call_log& log);
    called list_session_participants(std::size_t session, call_log& log);
    called update_participant_subscriptions(std::size_t session, std::size_t number, call_log& log);
    called get_participant_subscriptions(std::size_t session, std::size_t number, call_log& log);
    called remove_participant_from_session(std::size_t session, std::size_t number, call_log& log);
    called delete_participant(std::size_t session, std::size_t number, call_log& log);
    called delete_session(std::size_t session, call_log& log);

    subscriptions chosen_subscriptions(std::size_t session, std::size_t number) const;

    client client_;
    inventory created_;
    bool may_be_gone_ = false; // what is deleted: by itself, or by a delete whose response was lost
};

} // namespace bandwidth::webrtc::bulk
