#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "manager/pool.hpp"
#include "pool/call.hpp"

namespace bandwidth::webrtc::detail {

/// A call of one of the operations, of whatever family: the pool's call, and what becomes of its response.
/// `typed_call` adds the value.
class api_call : public call {
public:
    /// Reads the body of a success into the value of a call of its own family; a text when it cannot.
    using decoder = std::optional<std::string> (*)(std::string_view body, api_call& into);

    ~api_call() override = default;

    settled settle(const response& response, std::chrono::nanoseconds elapsed) override;
    void settle(failure reason) override;
    void recycle() noexcept override;

    /// Of a finished call: why it failed; null when it succeeded. What the service said is read here, on the
    /// caller's executor, since that takes long beside a cycle of the pool.
    failure* reason() override;

    /// A success has to name the id at the end of the target, which has so many bytes there; 0: it need not.
    std::uint16_t asked_size = 0;
    bool ignore_not_found = false;
    bool failed = false;      ///< of a finished call
    decoder decode = nullptr; ///< null: a success has no value

protected:
    api_call() = default;

private:
    /// The id that the value has, which was read.
    virtual std::string_view named_id() const noexcept = 0;
    virtual void forget_value() noexcept = 0;

    /// A response that is no success, as it came. Its texts keep their memory.
    struct refusal {
        bool unread = false; ///< it has not been made into a failure
        int status = 0;
        std::chrono::nanoseconds elapsed{0};
        std::optional<std::string> problem; ///< with the body of a success
        std::string body, content_type, content_coding, request_id, retry_after, date;

        std::size_t memory() const noexcept {
            return body.capacity() + content_type.capacity() + content_coding.capacity() +
                   request_id.capacity() + retry_after.capacity() + date.capacity();
        }
    };

    void keep(const response& received, std::chrono::nanoseconds elapsed, std::optional<std::string> problem);
    void fail(failure reason);
    void read_refusal();
    std::vector<std::string> secrets() const;
    std::string_view asked_segment() const noexcept;
    bool names_what_was_asked() const;

    failure reason_; // only with `failed`
    /// In a place of its own, since calls that wait have none. It stays for the next use.
    std::unique_ptr<refusal> refusal_;
};

/// The group of a client's calls on one pool, with those that are not in use. Keeps their memory, so that a call
/// allocates nothing in the steady state. Thread safety of its functions: safe.
class call_store final : public call_group {
public:
    /// Makes a call of the client's family.
    using maker = api_call* (*)();

    call_store(request_encoder of, maker make) : call_group(std::move(of)), make_(make) {}
    ~call_store() override;

    /// A fresh call of this group, its home the pool.
    api_call& take(const std::shared_ptr<pool>& home);
    void put(api_call& value) noexcept;

private:
    // More are given back to the allocator, so that a burst does not hold its memory for ever.
    static constexpr std::size_t most_kept = 1024;

    maker make_;
    std::mutex mutex_;
    call_list unused_;
};

} // namespace bandwidth::webrtc::detail
