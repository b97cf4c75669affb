#include <algorithm>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "api/common/credential_access.hpp"
#include "api/common/token_response.hpp"
#include "core/close_reason.hpp"
#include "core/redact.hpp"
#include "manager/checked_manager.hpp"
#include "manager/settings.hpp"
#include "manager/token_store.hpp"
#include "transport/tls_context.hpp"

namespace bandwidth::webrtc {

namespace detail {

struct token_options_access {
    static const std::string& second_secret(const token_options& of) { return of.second_secret_; }
};

namespace {

namespace http = boost::beast::http;
using namespace std::chrono_literals;

struct token_endpoint {
    manager_settings connection;
    std::string target;
    std::string body;
    std::vector<std::string> authorizations; // "Basic ...", one for each secret
    std::vector<std::string> secrets;        // what no text may repeat
};

// A fetch is one request, or one for each secret. It is given up when it takes so much longer than their timeouts.
constexpr auto fetch_grace = 1s;

/// The token of one id and secret, for a `token_lifecycle` that decides when it is fetched. Fetches are numbered, and the
/// end of one that was given up says nothing. Each fetch keeps this alive.
///
/// `mutex_` guards all members. Nothing that calls out of here is done under it: neither a user is told nor a request
/// begun.
class fetched_token final : public token_store, public std::enable_shared_from_this<fetched_token> {
public:
    explicit fetched_token(token_endpoint endpoint)
        : endpoint_(std::move(endpoint))
        , lifecycle_(endpoint_.connection.timeout * static_cast<int>(endpoint_.authorizations.size()) +
                     fetch_grace)
        , random_(std::random_device()()) {}

    std::shared_ptr<token_subscription> subscribe(const asio::any_io_executor& executor,
                                                  std::shared_ptr<token_user> user) override;

    std::string authorization() const {
        const std::lock_guard lock(mutex_);
        const auto seen = lifecycle_.view();
        return seen.authorization ? *seen.authorization : std::string();
    }

private:
    /// One fetch. It ends once, also when nobody can complete it any more, since its execution context was destroyed.
    struct token_fetch {
        token_fetch(std::shared_ptr<fetched_token> of, std::uint64_t which, std::size_t with,
                    std::shared_ptr<connection_manager> over, time_point began)
            : owner(std::move(of)), number(which), secret(with), manager(std::move(over)), asked_at(began) {}
        token_fetch(token_fetch&&) noexcept = default;
        token_fetch& operator=(token_fetch&&) noexcept = default;
        ~token_fetch() {
            if (owner)
                owner->lost(number);
        }
        void operator()(result<connection_manager::response_type> outcome) {
            const auto to = std::move(owner);
            to->ended(*this, std::move(outcome));
        }

        std::shared_ptr<fetched_token> owner; // null when it has ended
        std::uint64_t number;
        std::size_t secret;
        std::shared_ptr<connection_manager> manager;
        time_point asked_at;
        bool is_second = false; // the other secret was refused
    };

    class subscription;

    void send(token_fetch value) {
        connection_manager::request_type request(http::verb::post, endpoint_.target, 11);
        request.set(http::field::authorization, endpoint_.authorizations[value.secret]);
        request.set(http::field::content_type, "application/x-www-form-urlencoded");
        request.set(http::field::accept, "application/json");
        request.set(http::field::accept_encoding, "identity");
        request.set(http::field::user_agent, std::string("bandwidth-webrtc-cpp/").append(version_string));
        request.body() = endpoint_.body;
        // To be granted a token twice does no harm.
        auto prepared = value.manager->try_send(request, call_options().idempotent());
        std::move(prepared)(std::move(value));
    }

    void ended(token_fetch& value, result<connection_manager::response_type> outcome) {
        if (!outcome) {
            const auto& why = outcome.error();
            if (why.code() == errc::client_closed)
                lost(value.number);
            else if (is_lasting(why.code()))
                failed(value.number, failure(why.code(), "token endpoint: " + why.message()), true, {});
            else
                failed(value.number, failure(errc::token_failed, "token endpoint: " + why.describe()), false,
                       why.retry_after());
            return;
        }
        const auto& received = *outcome;
        const auto field = [&received](http::field name) {
            const auto found = received.find(name);
            return found == received.end() ? std::string_view() : std::string_view(found->value());
        };
        auto response = read_token_response(
            {static_cast<int>(received.result_int()), received.body(), field(http::field::content_type),
             field(http::field::retry_after), field(http::field::date)},
            endpoint_.secrets);
        if (response.token.empty() && response.wrong_secret && endpoint_.authorizations.size() > 1 &&
            !value.is_second) {
            token_fetch next(shared_from_this(), value.number, 1 - value.secret, value.manager,
                             value.asked_at);
            next.is_second = true;
            send(std::move(next));
        } else if (response.token.empty()) {
            failed(value.number, std::move(response.why), response.final, response.retry_after);
        } else if (clock::now() >= token_lifecycle::expiry(response.life, value.asked_at)) {
            failed(value.number,
                   failure(errc::token_failed, "token endpoint: the token had ended when it came"), false,
                   {});
        } else {
            end_fetch(
                value.number,
                [&] {
                    secret_ = value.secret;
                    lifecycle_.fetched(response.token, response.life, value.asked_at, chance());
                });
        }
    }

    void failed(std::uint64_t number, failure why, bool final,
                std::optional<std::chrono::seconds> retry_after) {
        end_fetch(
            number, [&] { lifecycle_.failed(std::move(why), final, retry_after, clock::now(), chance()); });
    }

    // The executor of the fetch has gone, or the client on it has: whoever needs a token begins another one.
    void lost(std::uint64_t number) {
        end_fetch(
            number, [this] { lifecycle_.fetch_lost(); });
    }

    template <class End>
    void end_fetch(std::uint64_t number, End end) {
        std::vector<std::shared_ptr<token_user>> users;
        {
            const std::lock_guard lock(mutex_);
            if (number != last_fetch_)
                return;
            end();
            users = users_;
        }
        for (const auto& each : users)
            each->token_changed();
    }

    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    const token_endpoint endpoint_;
    mutable std::mutex mutex_;
    token_lifecycle lifecycle_;
    std::uint64_t last_fetch_ = 0;                   // its number; there may be none any more
    std::vector<std::shared_ptr<token_user>> users_; // of each subscription
    std::size_t secret_ = 0;                         // the one that worked last
    std::minstd_rand random_;
};

class fetched_token::subscription final : public token_subscription {
public:
    subscription(std::shared_ptr<fetched_token> to, const asio::any_io_executor& executor,
                 std::shared_ptr<token_user> user)
        : token_(std::move(to)), executor_(executor), user_(std::move(user)) {
        const std::lock_guard lock(token_->mutex_);
        token_->users_.push_back(user_);
    }
    ~subscription() override {
        {
            const std::lock_guard lock(token_->mutex_);
            auto& users = token_->users_;
            users.erase(std::find(users.begin(), users.end(), user_));
        }
        if (manager_)
            manager_->close(); // which ends the fetch that there may be
    }

    token_view look(time_point now) noexcept override {
        std::unique_lock lock(token_->mutex_);
        const bool fetch = token_->lifecycle_.want(now);
        auto seen = token_->lifecycle_.view();
        if (fetch)
            begin_fetch(now, std::move(lock));
        return seen;
    }

    token_lifecycle::verdict refuse(const std::shared_ptr<const std::string>& used,
                                    time_point now) noexcept override {
        std::unique_lock lock(token_->mutex_);
        const auto result = token_->lifecycle_.refuse(used, now);
        if (result.fetch)
            begin_fetch(now, std::move(lock));
        return result.what;
    }

private:
    void begin_fetch(time_point now, std::unique_lock<std::mutex> lock) noexcept {
        const auto number = ++token_->last_fetch_;
        const auto secret = token_->secret_;
        lock.unlock();
        try {
            if (!manager_)
                manager_ = checked_manager::make(executor_, token_->endpoint_.connection);
            token_->send(token_fetch(token_, number, secret, manager_, now));
        } catch (const std::exception& thrown) { // no memory, or nothing that can be connected
            token_->failed(number,
                           failure(errc::token_failed, std::string("token endpoint: ") + thrown.what()), true,
                           {});
        }
    }

    std::shared_ptr<fetched_token> token_;
    asio::any_io_executor executor_;
    std::shared_ptr<token_user> user_;
    std::shared_ptr<connection_manager> manager_; // null until the first fetch that begins here
};

std::shared_ptr<token_subscription> fetched_token::subscribe(const asio::any_io_executor& executor,
                                                             std::shared_ptr<token_user> user) {
    return std::make_shared<subscription>(shared_from_this(), executor, std::move(user));
}

class token_credentials final : public credential_source {
public:
    explicit token_credentials(std::shared_ptr<fetched_token> token) : token_(std::move(token)) {}
    std::string authorization() const override { return token_->authorization(); }

private:
    std::shared_ptr<token_store> tokens() const noexcept override { return token_; }

    std::shared_ptr<fetched_token> token_;
};

void add_secret(const std::string& name, std::string_view id, std::string_view secret, token_endpoint& to) {
    if (secret.empty())
        refuse_option(name + " is empty");
    to.authorizations.push_back(basic_authorization(id, secret, "client_credentials: the id", name));
    to.secrets.push_back(std::string(secret));
    to.secrets.push_back(to.authorizations.back().substr(std::string_view("Basic ").size()));
}

} // namespace

} // namespace detail

token_options::token_options() : token_url_("https://api.bandwidth.com/api/v1/oauth2/token") {
    using namespace std::chrono_literals;
    connection_.max_connections(1).timeout(10s).idle_timeout(1s).retry(retry_policy::none());
}

std::shared_ptr<const credential_source> client_credentials(std::string_view id, std::string_view secret,
                                                            const token_options& options) {
    using namespace detail;
    const auto url = read_server_url("token_url", options.token_url());
    token_endpoint endpoint;
    endpoint.connection = check(url, options_access::connection(options.connection()));
    // What cannot be used is refused now, and not when the first token is fetched. Files are not read in a pool's cycle.
    endpoint.connection.loaded = std::make_shared<const tls_context>(endpoint.connection.tls, 1);
    endpoint.target = url.path.empty() ? "/" : url.path;
    endpoint.body = token_request_body(options.scope());
    add_secret("client_credentials: the secret", id, secret, endpoint);
    if (const auto& second = token_options_access::second_secret(options); !second.empty())
        add_secret("client_credentials: second_secret", id, second, endpoint);
    return std::make_shared<token_credentials>(std::make_shared<fetched_token>(std::move(endpoint)));
}

} // namespace bandwidth::webrtc
