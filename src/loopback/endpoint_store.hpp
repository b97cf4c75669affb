#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "loopback/emulated_clock.hpp"
#include "loopback/text_hash.hpp"
#include "loopback/uuid_source.hpp"

namespace bandwidth::webrtc::testing::detail {

using date = std::chrono::system_clock::time_point;

/// A device that has used the token of an endpoint. One that has gone stays in the list.
struct device_record {
    std::string id;
    std::string name; // empty: none
    bool connected = true;
    date created;
};

/// What a client may choose about an endpoint when it is created.
struct endpoint_settings {
    std::string type;
    std::string direction;
    std::optional<std::string> callback_url;
    std::optional<std::string> fallback_url;
    std::optional<std::string> tag;
};

struct endpoint_record {
    std::uint64_t number = 0; // in the order of creation, and never used again
    std::string id;
    endpoint_settings settings;
    date created;
    emulated_clock::time_point end;
    std::vector<device_record> devices; // in the order of connecting
    std::optional<std::string> bxml;    // the last document

    bool connected() const noexcept;
};

/// What a list asks for.
struct endpoint_query {
    std::optional<bool> connected;
    std::uint64_t after = 0; // the number of the last one on the page before
    std::size_t limit = 100;
};

/// The BRTC endpoints of one account, in the order of their creation, which is also the one of their ends.
/// Not thread-safe.
class endpoint_store {
public:
    /// How long an endpoint and its token live.
    static constexpr std::chrono::hours lifetime{24};

    endpoint_record& create(endpoint_settings settings, emulated_clock::time_point now, date today);
    endpoint_record* find(std::string_view id);
    /// Null when there is none.
    endpoint_record* oldest();
    void erase(const endpoint_record& endpoint);

    const device_record& connect(endpoint_record& endpoint, std::string name, date today);
    void disconnect(endpoint_record& endpoint, device_record& device);

    /// The endpoints of a page, and one more when there is a page behind it.
    std::vector<const endpoint_record*> list(const endpoint_query& query) const;
    /// How many endpoints all pages hold.
    std::size_t count(std::optional<bool> connected) const noexcept;

private:
    /// "e-15ac29a2-1331029c-2cb0-4a07-b215-b22865662d85": more than a UUID.
    std::string next_id(char kind);

    std::map<std::uint64_t, endpoint_record> endpoints_;
    std::unordered_map<std::string, std::uint64_t, text_hash, std::equal_to<>> numbers_;
    std::size_t connected_ = 0;
    std::uint64_t created_ = 0;
    uuid_source ids_;
};

} // namespace bandwidth::webrtc::testing::detail
