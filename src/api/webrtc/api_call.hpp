#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <bandwidth/webrtc/participant.hpp>
#include <bandwidth/webrtc/session.hpp>
#include <bandwidth/webrtc/subscriptions.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "manager/pool.hpp"
#include "pool/call.hpp"

namespace bandwidth::webrtc::detail {

class call_store;

/// A call of one of the operations: the pool's call with the typed outcome.
class api_call final : public call {
public:
    using value_type =
        std::variant<std::monostate, session, std::unique_ptr<participant>,
                     std::unique_ptr<created_participant>, std::vector<participant>, subscriptions>;
    /// Reads the body of a success into the value; a text when it cannot.
    using decoder = std::optional<std::string> (*)(std::string_view body, value_type& value);

    settled settle(const response& response, std::chrono::nanoseconds elapsed) override;
    void settle(failure reason) override {
        reason_ = std::move(reason);
        failed = true;
    }
    void recycle() noexcept override;

    /// Of a finished call: null when it succeeded.
    failure* reason() noexcept { return failed ? &reason_ : nullptr; }
    /// Of a call that succeeded with a value.
    value_type& value() noexcept { return *value_; }

    /// A success has to name the id at the end of the target, which has so many bytes there; 0: it need not.
    std::uint16_t asked_size = 0;
    bool ignore_not_found = false;
    bool failed = false;      ///< of a finished call
    decoder decode = nullptr; ///< null: a success has no value

private:
    std::string_view named_id() const noexcept;
    std::string_view asked_segment() const noexcept;
    bool names_what_was_asked() const;

    friend class call_store;
    boost::intrusive_ptr<call_store> store_; // while it is in use
    failure reason_;                         // only with `failed`
    /// A hundred thousand calls may wait at once, so what is large has a place of its own when it comes. It
    /// stays for the next use.
    std::unique_ptr<value_type> value_;
};

/// Calls that are not in use. Keeps their memory, so that a call allocates nothing in the steady state. The
/// client and each call in use own it together. Thread safety: safe.
class call_store : public boost::intrusive_ref_counter<call_store> {
public:
    explicit call_store(std::shared_ptr<const credential_source> credentials)
        : credentials_(std::move(credentials)) {}
    ~call_store();

    /// A fresh call, its home the pool.
    api_call& take(const std::shared_ptr<pool>& home);
    void put(api_call& value) noexcept;
    /// What must not stand in a failure, however a service may echo it: the credentials in use.
    std::vector<std::string> secrets() const;

private:
    // More are given back to the allocator, so that a burst does not hold its memory for ever.
    static constexpr std::size_t most_kept = 1024;

    const std::shared_ptr<const credential_source> credentials_;
    std::mutex mutex_;
    call_list unused_;
};

} // namespace bandwidth::webrtc::detail
