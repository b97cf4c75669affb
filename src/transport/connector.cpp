#include "transport/connector.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "core/http_grammar.hpp"

namespace bandwidth::webrtc::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

void connector::start(handler done) {
    done_ = std::move(done);
    phase_since_ = clock::now();
    error_code not_an_address;
    const auto address = asio::ip::make_address(endpoint_.host, not_an_address);
    if (not_an_address) {
        look_up();
        return;
    }
    unsigned short port = 0;
    read_number(endpoint_.port, port);
    connect(address_list(1, tcp::endpoint(address, port)));
    timings_.name = {};
}

void connector::look_up() {
    if (phase_ != connect_phase::resolving)
        end_phase(connect_phase::resolving, timings_.tcp);
    ticket_ = host_.names().ask(in_cycle(host_, shared_from_this(), &connector::on_resolved));
}

void connector::on_resolved(const name_answer& response) {
    ticket_ = 0;
    if (response.code) {
        finish({{},
                is_absent(response.code) ? errc::host_not_found : errc::resolve_failed,
                host_name() + ": " + response.code.message()});
        return;
    }
    if (const auto elsewhere = not_allowed(response.addresses); !elsewhere.empty()) {
        finish({{},
                errc::invalid_options,
                endpoint_.host + " is " + elsewhere + ": http is for loopback addresses only"});
        return;
    }
    version_ = response.version;
    cached_ = response.cached && tried_.empty(); // it looks up anew once at most
    auto addresses = response.addresses;
    std::erase_if(addresses, [this](const tcp::endpoint& address) {
        return std::find(tried_.begin(), tried_.end(), address) != tried_.end();
    });
    if (addresses.empty()) // looking up anew has told nothing new
        finish({{}, errc::connect_failed, errors_});
    else
        connect(addresses);
}

// Without TLS nothing leaves this machine, also where one of the name's addresses is its own: which of them connects
// is chance. (A host that is an address was checked with the options.)
std::string connector::not_allowed(const address_list& addresses) const {
    const auto elsewhere = std::find_if(addresses.begin(), addresses.end(), [](const tcp::endpoint& address) {
        return !address.address().is_loopback();
    });
    return endpoint_.plain && elsewhere != addresses.end() ? elsewhere->address().to_string() : std::string();
}

void connector::connect(const address_list& addresses) {
    end_phase(connect_phase::connecting, timings_.name);
    tried_.insert(tried_.end(), addresses.begin(), addresses.end());
    dialler_ = dialler::start(host_.executor(), addresses,
                              in_cycle(host_, shared_from_this(), &connector::on_dialled));
}

void connector::on_dialled(dialler::result&& result) {
    dialler_.reset();
    if (!result.socket) {
        errors_ = with_earlier_errors(result.errors);
        if (!result.out_of_resources) // else it tells nothing of the addresses
            host_.names().cache().all_failed(version_);
        if (!result.out_of_resources && cached_) // the host may have moved
            look_up();
        else
            finish({{}, errc::connect_failed, errors_});
        return;
    }
    address_ = result.address;
    for (const auto& worse : result.passed_over)
        host_.names().cache().failed(worse);
    host_.names().cache().worked(address_);
    errors_ = {};
    error_code ec;
    forget_writability(*result.socket, ec);
    if (!ec)
        set_tcp_options(*result.socket, ec);
    if (!ec)
        result.socket->non_blocking(true, ec);
    if (ec) {
        finish({{}, errc::connect_failed, with_earlier_errors(ec.message())});
        return;
    }
    end_phase(connect_phase::handshaking, timings_.tcp);
    finish({std::move(result.socket), {}, {}});
}

void connector::end_phase(connect_phase next, std::chrono::nanoseconds& took) {
    const auto now = clock::now();
    took += now - std::exchange(phase_since_, now);
    phase_ = next;
}

void connector::finish(outcome result) {
    const auto done = std::exchange(done_, nullptr);
    done(std::move(result));
}

void connector::close(close_reason why) noexcept {
    done_ = nullptr;
    host_.names().forget(ticket_);
    if (why == close_reason::connect_timeout) {
        if (phase_ == connect_phase::connecting)
            host_.names().cache().all_failed(version_);
        else if (phase_ == connect_phase::handshaking)
            handshake_failed();
    }
    if (dialler_)
        std::exchange(dialler_, nullptr)->cancel();
}

std::string connector::with_earlier_errors(const std::string& more) const {
    return (errors_.empty() ? where() + ": " : errors_ + ", ") + more;
}

std::string connector::host_name() const { return (endpoint_.proxy ? "proxy " : "") + endpoint_.host; }
std::string connector::where() const { return host_name() + " port " + endpoint_.port; }

std::string connector::describe(std::string_view missing) const {
    if (phase_ == connect_phase::resolving)
        return errors_.empty() ? host_name() + ": no response from the name server"
                               : errors_ + ", and no response from the name server";
    if (phase_ == connect_phase::connecting)
        return dialler_ ? with_earlier_errors(dialler_->describe()) : errors_;
    return with_earlier_errors(text_of(address_) + " connected, but " + std::string(missing));
}

} // namespace bandwidth::webrtc::detail
