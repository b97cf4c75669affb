// The calls of bench/peers/run by this library: one connection, pipelines of ten. Prints one line of JSON.
//
// usage: peers PORT FAULT CA_FILE

#include <array>
#include <bandwidth/webrtc.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace webrtc = bandwidth::webrtc;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

class calls {
    // The handler of a call, which notes whether the response is its own.
    auto expect(const std::string& method, const std::string& name) {
        ++left_;
        return [this, method, name](const webrtc::result<webrtc::session>& outcome) {
            --left_;
            const bool own = outcome && outcome->id().value() == name;
            results_[method + " " + name] = own ? "ok" : outcome ? "crossed" : "failed";
            if (!outcome)
                std::cerr << method << ' ' << name << ": " << outcome.error() << '\n';
        };
    }

public:
    explicit calls(const webrtc::client_options& options) : client_(context_, options) {}

    void get(const std::string& name) {
        client_.try_get_session(webrtc::session_id(name))(expect("GET", name));
    }
    void get(const std::string& name, asio::cancellation_slot slot) {
        client_.try_get_session(webrtc::session_id(name))(
            asio::bind_cancellation_slot(slot, expect("GET", name)));
    }
    void post() { client_.try_create_session()(expect("POST", "sessions")); }
    void run_for(std::chrono::milliseconds time) {
        context_.restart();
        context_.run_for(time);
    }
    /// Until all are done, or for 15 s.
    void wait() {
        const auto end = std::chrono::steady_clock::now() + 15s;
        while (left_ != 0 && std::chrono::steady_clock::now() < end) {
            context_.restart();
            context_.run_one_until(end);
        }
    }
    void print() const {
        std::cout << "{\"results\":{";
        const char* comma = "";
        for (const auto& [name, result] : results_)
            std::cout << std::exchange(comma, ",") << '"' << name << "\":\"" << result << '"';
        std::cout << "},\"hung\":" << (left_ != 0 ? "true" : "false") << "}\n";
    }

private:
    asio::io_context context_;
    webrtc::client client_;
    std::map<std::string, std::string> results_;
    int left_ = 0;
};

} // namespace

int main(int count, char** arguments) {
    if (count != 4) {
        std::cerr << "usage: peers PORT FAULT CA_FILE\n";
        return 2;
    }
    const std::string_view fault = arguments[2];
    calls all(webrtc::client_options{}
                  .base_url(std::string("https://127.0.0.1:") + arguments[1] + "/v1")
                  .account("9900000")
                  .credentials("user", "secret")
                  .ca_file(arguments[3])
                  .max_connections(1)
                  .pipeline_depth(10)
                  .response_timeout(1s)
                  .timeout(10s));
    all.get("g0");
    all.wait();
    if (fault == "stale_post") {
        all.run_for(200ms);
        all.post();
    } else if (fault == "abort") {
        asio::cancellation_signal signal;
        all.get("g1");
        all.post();
        all.get("g2", signal.slot());
        all.get("g3");
        all.run_for(50ms);
        signal.emit(asio::cancellation_type::terminal);
        all.wait();
    } else {
        for (int i = 1; i < 10; ++i)
            all.get("g" + std::to_string(i));
    }
    all.wait();
    all.print();
}
