#pragma once

#include <cstdint>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace bandwidth::webrtc::detail {

/// Classes of RFC 9110, section 9.2: what may be sent behind what, and what may be sent again.
enum class request_class : std::uint8_t {
    safe,       ///< GET, HEAD, OPTIONS, TRACE
    idempotent, ///< PUT, DELETE
    unsafe,     ///< POST and whatever else acts each time: alone on its connection, on the wire at most once
};

/// How far a request has come, for the question whether the server can have acted on it.
enum class send_state : std::uint8_t {
    unsent,  ///< no byte of it was given to the transport
    partial, ///< some bytes were, or may have been
    sent,    ///< all were
};

/// What an operation is called. The texts are literals.
struct operation_name {
    std::string_view name;         ///< "get_session"
    std::string_view url_template; ///< "/accounts/{accountId}/sessions/{sessionId}"
};

/// A request as it is known before a connection is chosen: the parts that differ from call to call.
class request {
public:
    std::string_view method = "GET";           ///< of a literal, or of `rare_parts::method`
    std::string target;                        ///< origin-form, percent-encoded
    const char* content_type = nullptr;        ///< sent where there is a body; null: not sent
    const operation_name* operation = nullptr; ///< null: the caller's own message
    request_class kind = request_class::safe;
    bool dedicated_connection = false; ///< the caller wants it alone on its connection
    bool keeps_fields = false;         ///< whether the response is to keep all its header fields
    bool has_content = false; ///< whether Content-Length is sent (a POST or PUT without a body sends 0)
    bool head = false;        ///< HEAD: its response has no body, whatever it announces

    /// What most requests do not have, in a place of its own.
    struct rare_parts {
        std::string method;       ///< of a request whose method has no literal
        std::string header_lines; ///< extra lines, each ended by CRLF
        std::string trace_lines;  ///< the same, of this attempt alone
        std::string body;
    };
    rare_parts& rare() {
        if (!rare_)
            rare_ = std::make_unique<rare_parts>();
        return *rare_;
    }
    std::string_view header_lines() const noexcept { return text(&rare_parts::header_lines); }
    std::string_view trace_lines() const noexcept { return text(&rare_parts::trace_lines); }
    std::string_view body() const noexcept { return text(&rare_parts::body); }

    /// Whether it needs an idle connection and keeps it to itself until its response (RFC 9112, section
    /// 9.3.2, wants it of unsafe requests). A HEAD does: a server that answers it with a body all the same would
    /// have that body taken for the next response.
    bool exclusive() const noexcept { return dedicated_connection || head || kind == request_class::unsafe; }

    /// Makes it ready for another use. The texts keep their memory.
    void clear() noexcept {
        target.clear();
        if (rare_) {
            rare_->header_lines.clear();
            rare_->trace_lines.clear();
            rare_->body.clear();
        }
        content_type = nullptr;
        operation = nullptr;
        dedicated_connection = has_content = keeps_fields = head = false;
    }

private:
    std::string_view text(std::string rare_parts::*part) const noexcept {
        return rare_ ? std::string_view((*rare_).*part) : std::string_view();
    }

    std::unique_ptr<rare_parts> rare_;
};

/// One request and who waits for its response, as a connection sees it. The pool's calls derive from it.
struct exchange {
    webrtc::detail::request request;

    /// The request was written with this Authorization value, which no failure may repeat.
    void written_with(const std::shared_ptr<const std::string>& authorization) {
        if (authorization == authorization_)
            return;
        if (auto earlier = std::exchange(authorization_, authorization))
            earlier_authorizations_.push_front(std::move(earlier));
    }
    /// The value that it was last written with; that of another call, before this one is written.
    const std::shared_ptr<const std::string>& authorization() const noexcept { return authorization_; }
    /// The values that it was written with; credentials may change between two attempts.
    template <class Function>
    void for_each_authorization(Function function) const {
        if (authorization_)
            function(*authorization_);
        for (const auto& earlier : earlier_authorizations_)
            function(*earlier);
    }

protected:
    /// The last value stays for the next use of the object, which most likely has the same.
    void forget_authorizations() noexcept { earlier_authorizations_.clear(); }
    ~exchange() = default;

private:
    std::shared_ptr<const std::string> authorization_;
    std::forward_list<std::shared_ptr<const std::string>> earlier_authorizations_;
};

} // namespace bandwidth::webrtc::detail
