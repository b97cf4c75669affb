#pragma once

#include <bandwidth/webrtc/credentials.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/exchange.hpp"

namespace bandwidth::webrtc::detail {

/// Writes the requests of one client. The lines that all of them have are put together once. On one strand.
class request_encoder {
public:
    /// \param lines header lines of every request, each ended by CRLF.
    /// \param source of the Authorization value; null: none is written.
    /// \throws what the source throws; api_error (`errc::invalid_options`) where its value cannot be sent.
    explicit request_encoder(std::string lines, std::shared_ptr<const credential_source> source = nullptr);

    /// Asks the source for its value, if it has another one. One that fails is asked again after a pause, and
    /// the old value stays in use: the service refuses it when it is too old.
    void refresh_credentials(time_point now) noexcept;
    /// For an encoder without a source: this value from now on. It has no control characters.
    void set_authorization(std::shared_ptr<const std::string> value);
    /// The value that is written now; null where there is none.
    const std::shared_ptr<const std::string>& authorization() const noexcept { return authorization_; }

    /// Appends the whole request, header section and body, to `out`.
    void append(const request& request, std::string& out) const;

private:
    void take_credentials();
    void put_together(std::string_view authorization);

    std::string lines_;
    std::string tail_; // " HTTP/1.1\r\n" and every line that all requests have
    std::shared_ptr<const credential_source> source_;
    std::shared_ptr<const std::string> authorization_;
    unsigned long long generation_ = 0;
    std::optional<unsigned long long> failed_generation_; // asked again at that time
    time_point ask_again_at_{};
};

} // namespace bandwidth::webrtc::detail
