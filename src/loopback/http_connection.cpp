#include "loopback/http_connection.hpp"

#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

namespace bandwidth::webrtc::testing::detail {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::size_t max_backlog = 256 * 1024; // of responses that the peer does not read
constexpr std::size_t max_discarded = 16 * 1024 * 1024;
constexpr std::chrono::seconds linger_time{2};

} // namespace

http_connection::http_connection(std::shared_ptr<server_state> state, tcp::socket socket)
    : state_(std::move(state))
    , socket_(std::move(socket))
    , timer_(socket_.get_executor())
    , tls_(*state_->tls)
    , reader_(state_->seen.keeps_requests()) {}

void http_connection::start() {
    number_ = state_->seen.connection_opened();
    state_->connections.insert(this);
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    wait_readable();
}

bool http_connection::idle() const {
    return !closed_ && !ending_ && waiting_ == 0 && input_.empty() && reader_.idle() &&
           tls_.current() == tls_engine::state::open;
}

void http_connection::close_gracefully() {
    ending_ = true;
    ready_end_ = ending::close;
    flush();
}

void http_connection::reset() {
    error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    close();
}

void http_connection::close() {
    if (std::exchange(closed_, true))
        return;
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    state_->connections.erase(this);
    state_->seen.connection_closed();
}

void http_connection::wait_readable() {
    if (reading_ || closed_ || (peer_ended_ && !lingering_) || tls_.outgoing().size() > max_backlog)
        return;
    reading_ = true;
    socket_.async_wait(tcp::socket::wait_read, [self = shared_from_this()](error_code error) {
        self->reading_ = false;
        if (!self->closed_ && !error)
            self->on_readable();
    });
}

void http_connection::on_readable() {
    auto& buffer = state_->read_buffer;
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(buffer), error);
    if (error == asio::error::would_block) {
        wait_readable();
        return;
    }
    if (error == asio::error::eof && !lingering_) {
        peer_ended_ = true;
        finish();
        return;
    }
    if (error) {
        close();
        return;
    }
    if (lingering_) {
        discarded_ += size;
        if (discarded_ > max_discarded) {
            close();
            return;
        }
    } else {
        take_ciphertext(std::string_view(buffer.data(), size));
    }
    wait_readable();
}

void http_connection::take_ciphertext(std::string_view ciphertext) {
    const auto before = tls_.current();
    const std::size_t had = input_.size();
    const auto now = tls_.receive(ciphertext, input_);
    state_->seen.bytes_received(input_.size() - had);
    if (before == tls_engine::state::handshaking && now != before && now != tls_engine::state::failed)
        state_->seen.handshake_done(tls_.resumed());
    if (ending_)
        input_.clear();
    else
        respond_to_requests();
    if (now == tls_engine::state::failed) { // the alert that says why is in the outgoing bytes
        ending_ = true;
        ready_end_ = ending::close;
    }
    flush();
    if (now == tls_engine::state::closed) {
        peer_ended_ = true;
        finish();
    }
}

void http_connection::respond_to_requests() {
    std::size_t done = 0;
    while (!ending_) {
        std::size_t consumed = 0;
        const auto outcome = reader_.read(std::string_view(input_).substr(done), consumed);
        done += consumed;
        if (outcome == request_reader::outcome::complete) {
            respond(reader_.request());
        } else if (outcome == request_reader::outcome::bad) {
            refuse(400, "Malformed request");
        } else if (outcome == request_reader::outcome::too_large) {
            refuse(413, "Request body too large");
        } else {
            if (reader_.take_continue())
                stage(std::chrono::nanoseconds(0), ending::keep, 0) += "HTTP/1.1 100 Continue\r\n\r\n";
            break;
        }
    }
    state_->seen.requests_waiting(waiting_);
    if (ending_)
        input_.clear(); // RFC 9112 section 9.6: requests behind the last one are not carried out
    else
        input_.erase(0, done);
}

void http_connection::respond(const http_request& request) {
    ++requests_;
    state_->seen.request_received(number_, request);
    if (state_->metrics && request_metrics::asked_by(request)) {
        respond_with_metrics(request);
        return;
    }
    const auto rule = state_->faults.match(request.method, request.target);
    make_response(request, rule.get());

    const bool last = !request.keep_alive || requests_ == state_->requests_per_connection ||
                      (rule && rule->connection_close_header);
    auto end = last ? ending::close : ending::keep;
    auto delay = state_->delay;
    if (rule) {
        end = rule->end == ending::keep ? end : rule->end;
        delay += rule->delay;
    }
    std::string& out = stage(delay, end);
    const std::size_t start = out.size();
    if (rule && rule->raw) {
        out += *rule->raw;
        state_->seen.raw_response_made();
        if (state_->metrics)
            state_->metrics->add(request, request_metrics::raw);
    } else {
        const auto persistent = request.http_1_0 ? connection_header::keep_alive : connection_header::none;
        write_response(response_, last ? connection_header::close : persistent, request.method != "HEAD",
                       out);
        state_->seen.response_made(response_.status);
        if (state_->metrics)
            state_->metrics->add(request, response_.status);
        if (state_->on_response)
            state_->on_response(request.method, request.target, response_.status);
    }
    if (rule && rule->keep_bytes && *rule->keep_bytes < out.size() - start) {
        out.resize(start + *rule->keep_bytes);
        state_->seen.response_lost();
    }
}

/// Faults and delays pass by the metrics, which tell of them.
void http_connection::respond_with_metrics(const http_request& request) {
    state_->request_ids.next(response_.request_id);
    state_->api.end_what_is_over();
    response_.status = 200;
    response_.extra_headers.clear();
    response_.content_type = request_metrics::content_type;
    response_.body.clear();
    state_->metrics->write(state_->snapshot(), state_->api, response_.body);
    const bool last = !request.keep_alive || requests_ == state_->requests_per_connection;
    const auto persistent = request.http_1_0 ? connection_header::keep_alive : connection_header::none;
    write_response(response_, last ? connection_header::close : persistent, true,
                   stage(std::chrono::nanoseconds(0), last ? ending::close : ending::keep));
    state_->seen.response_made(response_.status);
}

void http_connection::make_response(const http_request& request, const fault_rule* rule) {
    state_->request_ids.next(response_.request_id);
    response_.extra_headers.clear();
    if (rule == nullptr) {
        state_->api.handle(request, response_);
        return;
    }
    if (!rule->status) {
        state_->api.handle(request, response_);
    } else if (rule->body) {
        response_.status = *rule->status;
        response_.body = *rule->body;
        response_.content_type = rule->content_type;
    } else {
        state_->api.set_documented_response(request, *rule, response_);
    }
    for (const auto& [name, value] : rule->headers) {
        response_.extra_headers += name;
        response_.extra_headers += ": ";
        response_.extra_headers += value;
        response_.extra_headers += "\r\n";
    }
}

void http_connection::refuse(int status, std::string_view error) {
    state_->seen.malformed_request_received();
    state_->request_ids.next(response_.request_id);
    response_.extra_headers.clear();
    set_standard_body(response_, status, error);
    write_response(response_, connection_header::close, true, stage(state_->delay, ending::close));
    state_->seen.response_made(status);
    if (state_->metrics)
        state_->metrics->add(operation::unknown, status);
}

std::string& http_connection::stage(std::chrono::nanoseconds delay, ending end, std::size_t count) {
    waiting_ += count;
    ending_ = ending_ || end != ending::keep;
    if (delay.count() <= 0 && delayed_.empty()) {
        ready_count_ += count;
        ready_end_ = end;
        return ready_;
    }
    const auto due = clock::now() + delay;
    if (delayed_.empty() || delayed_.back().due < due) {
        delayed_.emplace_back();
        delayed_.back().due = due;
        if (delayed_.size() == 1)
            wait_for_delay();
    }
    auto& last = delayed_.back();
    last.count += count;
    last.end = end;
    return last.bytes;
}

void http_connection::wait_for_delay() {
    timer_.expires_at(delayed_.front().due);
    timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!self->closed_ && !error)
            self->on_delay_over();
    });
}

void http_connection::on_delay_over() {
    const auto now = clock::now();
    while (!delayed_.empty() && delayed_.front().due <= now) {
        auto& first = delayed_.front();
        ready_ += first.bytes;
        ready_count_ += first.count;
        ready_end_ = first.end;
        delayed_.pop_front();
    }
    if (!delayed_.empty())
        wait_for_delay();
    flush();
    if (peer_ended_)
        finish();
}

/// Encrypts what is ready and writes it.
void http_connection::flush() {
    if (closed_)
        return;
    if (!ready_.empty()) {
        tls_.send(ready_);
        state_->seen.bytes_sent(ready_.size());
        ready_.clear();
    }
    waiting_ -= std::exchange(ready_count_, 0);
    if (ready_end_ == ending::close && delayed_.empty())
        tls_.close_notify();
    write_out();
}

void http_connection::write_out() {
    if (writing_ || closed_ || lingering_)
        return;
    auto& out = tls_.outgoing();
    if (!out.empty()) {
        error_code error;
        const std::size_t written = socket_.write_some(asio::buffer(out), error);
        if (error && error != asio::error::would_block) {
            close();
            return;
        }
        out.erase(0, written);
        if (!out.empty()) {
            writing_ = true;
            socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](error_code failure) {
                self->writing_ = false;
                if (!self->closed_ && !failure) {
                    self->write_out();
                    self->wait_readable(); // it may have paused for the backlog
                }
            });
            return;
        }
    }
    if (ready_end_ == ending::reset)
        reset();
    else if (ready_end_ == ending::close)
        linger();
    else if (peer_ended_)
        finish();
}

/// Once the peer has ended its side: closes as soon as all responses have left.
void http_connection::finish() {
    if (closed_ || ending_ || waiting_ > 0 || !tls_.outgoing().empty())
        return; // a response that ends the connection closes it by itself
    tls_.close_notify();
    ending_ = true;
    ready_end_ = ending::close;
    write_out();
}

/// Ends the sending direction and reads on for a while: to close with unread bytes would make TCP send a
/// reset, which can take the last responses away from the peer (RFC 9112 section 9.6).
void http_connection::linger() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    if (peer_ended_) {
        close();
        return;
    }
    lingering_ = true;
    timer_.expires_after(linger_time);
    timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error)
            self->close();
    });
    wait_readable();
}

} // namespace bandwidth::webrtc::testing::detail
