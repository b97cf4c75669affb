#pragma once

#include <bandwidth/webrtc/brtc/endpoint.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bandwidth::webrtc::brtc {

/// Which endpoints to list. Nothing is set at first: all of the account's.
///
/// A value type: distinct objects may be used from distinct threads at once.
class endpoint_filter {
public:
    /// Nothing is set.
    endpoint_filter() = default;

    /// Only those of this type.
    endpoint_filter& type(open_enum<endpoint_type> value) {
        type_ = std::move(value);
        return *this;
    }
    /// Only those with this status.
    endpoint_filter& status(open_enum<connection_status> value) {
        status_ = std::move(value);
        return *this;
    }
    /// Only those behind this place in the list: `endpoint_page::next_cursor()`. An empty one fails with
    /// `errc::invalid_argument`.
    endpoint_filter& after_cursor(std::string cursor) {
        after_cursor_ = std::move(cursor);
        return *this;
    }
    /// How many endpoints a page has at most: 1 to 1000; not set, the service takes 100. Another one fails
    /// with `errc::invalid_argument`.
    endpoint_filter& limit(int count) noexcept {
        limit_ = count;
        return *this;
    }

    /// \name What was set
    /// @{

    /// What was set, if it was.
    [[nodiscard]] const std::optional<open_enum<endpoint_type>>& type() const noexcept { return type_; }
    [[nodiscard]] const std::optional<open_enum<connection_status>>& status() const noexcept {
        return status_;
    }
    [[nodiscard]] const std::optional<std::string>& after_cursor() const noexcept { return after_cursor_; }
    [[nodiscard]] std::optional<int> limit() const noexcept { return limit_; }
    /// @}

private:
    std::optional<open_enum<endpoint_type>> type_;
    std::optional<open_enum<connection_status>> status_;
    std::optional<std::string> after_cursor_;
    std::optional<int> limit_;
};

/// A link of a response. Untrusted text: this library follows none, and reads nothing but the cursor of the
/// next page in one, so that no credentials go to where it leads.
///
/// A value type: distinct objects may be used from distinct threads at once.
class page_link {
public:
    /// An empty link.
    page_link() = default;

    /// Where it leads, such as "https://api.bandwidth.com/v2/accounts/9900000/endpoints?limit=2".
    [[nodiscard]] const std::string& href() const noexcept { return href_; }
    /// What is there: "self", "next".
    [[nodiscard]] const std::string& rel() const noexcept { return rel_; }
    /// "GET"; empty when the response does not tell.
    [[nodiscard]] const std::string& method() const noexcept { return method_; }

    /// \name For mocks
    /// These make a link as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    page_link& href(std::string text) {
        href_ = std::move(text);
        return *this;
    }
    page_link& rel(std::string text) {
        rel_ = std::move(text);
        return *this;
    }
    page_link& method(std::string text) {
        method_ = std::move(text);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const page_link&, const page_link&) = default;

private:
    friend struct webrtc::detail::endpoint_codec;
    std::string href_;
    std::string rel_;
    std::string method_;
};

/// A part of a list of endpoints.
///
/// A value type: distinct objects may be used from distinct threads at once. References that it returns are
/// valid while it lives.
class endpoint_page {
public:
    /// An empty page, behind which there is none.
    endpoint_page() = default;

    /// The endpoints, without their devices. Their number need not be the limit that was asked for; a page
    /// may have none, and pages behind it.
    [[nodiscard]] const std::vector<endpoint>& endpoints() const noexcept { return endpoints_; }

    /// Where the next page begins, for `endpoint_filter::after_cursor`; nothing on the last page, and where
    /// the link to the next page has no cursor, which `links()` tells. Never empty.
    [[nodiscard]] const std::optional<std::string>& next_cursor() const noexcept { return next_cursor_; }

    /// How many endpoints a page has at most, if the response tells.
    [[nodiscard]] std::optional<std::uint64_t> page_size() const noexcept { return page_size_; }
    /// How many endpoints there are on all pages, if the response tells.
    [[nodiscard]] std::optional<std::uint64_t> total_elements() const noexcept { return total_elements_; }
    /// How many pages there are, if the response tells.
    [[nodiscard]] std::optional<std::uint64_t> total_pages() const noexcept { return total_pages_; }
    /// The number of this page, from 0 on, if the response tells.
    [[nodiscard]] std::optional<std::uint64_t> page_number() const noexcept { return page_number_; }

    /// The links of the response.
    [[nodiscard]] const std::vector<page_link>& links() const noexcept { return links_; }

    /// The response's fields that this library does not know, beside those of the endpoints and but for those
    /// in the links and the numbers. See `endpoint::extra()`.
    [[nodiscard]] const std::string& extra() const noexcept { return extra_; }

    /// \name For mocks
    /// These make a page as a call would give it.
    /// @{

    /// Sets what the function of the same name without an argument gives.
    endpoint_page& endpoints(std::vector<endpoint> all) {
        endpoints_ = std::move(all);
        return *this;
    }
    endpoint_page& next_cursor(std::string cursor) {
        next_cursor_ = std::move(cursor);
        return *this;
    }
    endpoint_page& page_size(std::uint64_t number) noexcept {
        page_size_ = number;
        return *this;
    }
    endpoint_page& total_elements(std::uint64_t number) noexcept {
        total_elements_ = number;
        return *this;
    }
    endpoint_page& total_pages(std::uint64_t number) noexcept {
        total_pages_ = number;
        return *this;
    }
    endpoint_page& page_number(std::uint64_t number) noexcept {
        page_number_ = number;
        return *this;
    }
    endpoint_page& links(std::vector<page_link> all) {
        links_ = std::move(all);
        return *this;
    }
    /// The same; `json` is the text of an object.
    endpoint_page& extra(std::string json) {
        extra_ = std::move(json);
        return *this;
    }
    /// @}

    /// Whether all fields are equal.
    friend bool operator==(const endpoint_page&, const endpoint_page&) = default;

private:
    friend struct webrtc::detail::endpoint_codec;
    std::vector<endpoint> endpoints_;
    std::optional<std::string> next_cursor_;
    std::optional<std::uint64_t> page_size_;
    std::optional<std::uint64_t> total_elements_;
    std::optional<std::uint64_t> total_pages_;
    std::optional<std::uint64_t> page_number_;
    std::vector<page_link> links_;
    std::string extra_;
};

} // namespace bandwidth::webrtc::brtc
