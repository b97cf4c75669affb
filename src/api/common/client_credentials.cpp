#include <algorithm>
#include <bandwidth/webrtc/client_credentials.hpp>
#include <bandwidth/webrtc/connection_manager.hpp>
#include <bandwidth/webrtc/version.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "api/common/credential_access.hpp"
#include "api/common/token_response.hpp"
#include "core/redact.hpp"
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
    std::string origin;
    std::string target;
    std::string body;
    manager_options connection;
    std::vector<std::string> authorizations; // "Basic ...", one for each secret
    std::vector<std::string> secrets;        // what no text may repeat
};

/// Fetches tokens, one request at a time, for a `token_lifecycle` that decides when. Each fetch keeps this alive.
///
/// `mutex_` guards all members. Nothing that calls out of here is done under it: neither a user is told nor a request
/// begun nor a manager destroyed.
class fetched_token final : public token_store, public std::enable_shared_from_this<fetched_token> {
public:
    explicit fetched_token(token_endpoint endpoint)
        : endpoint_(std::move(endpoint)), random_(std::random_device()()) {}

    token_view look(time_point now, const asio::any_io_executor& executor,
                    const std::weak_ptr<token_user>& user) noexcept override {
        std::unique_lock lock(mutex_);
        add(user);
        const bool fetch = lifecycle_.want(now);
        auto seen = lifecycle_.view();
        lock.unlock();
        if (fetch)
            begin_fetch(now, executor);
        return seen;
    }

    token_lifecycle::verdict refuse(const std::shared_ptr<const std::string>& used, time_point now,
                                    const asio::any_io_executor& executor) noexcept override {
        std::unique_lock lock(mutex_);
        const auto result = lifecycle_.refuse(used, now);
        lock.unlock();
        if (result.fetch)
            begin_fetch(now, executor);
        return result.what;
    }

    void leave(const token_user* user) noexcept override {
        std::shared_ptr<connection_manager> unused;
        std::vector<std::shared_ptr<token_user>> seen; // none of them is destroyed under the mutex
        std::unique_lock lock(mutex_);
        std::erase_if(users_, [&](const std::weak_ptr<token_user>& known) {
            seen.push_back(known.lock());
            return !seen.back() || seen.back().get() == user;
        });
        if (users_.empty())
            unused = std::exchange(manager_, nullptr);
        lock.unlock();
        if (unused)
            unused->close(); // which ends the fetch that there may be
    }

    std::string authorization() const {
        const std::lock_guard lock(mutex_);
        const auto seen = lifecycle_.view();
        return seen.authorization ? *seen.authorization : std::string();
    }

private:
    /// One request for a token. It ends once, also when nobody can complete it any more, since its execution context
    /// was destroyed.
    struct token_fetch {
        token_fetch(std::shared_ptr<fetched_token> of, std::shared_ptr<connection_manager> over,
                    time_point began, std::size_t with)
            : owner(std::move(of)), manager(std::move(over)), asked_at(began), secret(with) {}
        token_fetch(token_fetch&&) noexcept = default;
        token_fetch& operator=(token_fetch&&) noexcept = default;
        ~token_fetch() {
            if (owner)
                owner->lost(manager);
        }
        void operator()(result<connection_manager::response_type> outcome) {
            const auto to = std::move(owner);
            to->ended(*this, std::move(outcome));
        }

        std::shared_ptr<fetched_token> owner; // null when it has ended
        std::shared_ptr<connection_manager> manager;
        time_point asked_at;
        std::size_t secret;
        bool is_second = false; // the other secret was refused
    };

    void add(const std::weak_ptr<token_user>& user) {
        const auto is_same = [&](const std::weak_ptr<token_user>& known) {
            return !known.owner_before(user) && !user.owner_before(known);
        };
        std::erase_if(users_, [](const std::weak_ptr<token_user>& known) { return known.expired(); });
        if (std::none_of(users_.begin(), users_.end(), is_same))
            users_.push_back(user);
    }

    void begin_fetch(time_point now, const asio::any_io_executor& executor) noexcept {
        const auto& context = asio::query(executor, asio::execution::context);
        std::shared_ptr<connection_manager> manager;
        std::size_t secret = 0;
        {
            const std::lock_guard lock(mutex_);
            manager = context_ == &context ? manager_ : nullptr;
            secret = secret_;
        }
        try {
            if (!manager)
                manager =
                    std::make_shared<connection_manager>(executor, endpoint_.origin, endpoint_.connection);
            auto kept = manager;
            {
                const std::lock_guard lock(mutex_);
                context_ = &context;
                manager_.swap(kept);
            }
            send(token_fetch(shared_from_this(), std::move(manager), now, secret));
        } catch (const std::exception& thrown) { // a file of certificates that is gone by now
            failed(failure(errc::token_failed, std::string("token endpoint: ") + thrown.what()), true, {});
        }
    }

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
                lost(value.manager);
            else
                failed(failure(errc::token_failed, "token endpoint: " + why.describe()), false,
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
            token_fetch next(shared_from_this(), value.manager, value.asked_at, 1 - value.secret);
            next.is_second = true;
            send(std::move(next));
        } else if (response.token.empty()) {
            failed(std::move(response.why), response.final, response.retry_after);
        } else if (clock::now() >= token_lifecycle::expiry(response.life, value.asked_at)) {
            failed(failure(errc::token_failed, "token endpoint: the token had ended when it came"), false,
                   {});
        } else {
            {
                const std::lock_guard lock(mutex_);
                secret_ = value.secret;
                lifecycle_.fetched(response.token, response.life, value.asked_at, chance());
            }
            tell_users();
        }
    }

    void failed(failure why, bool final, std::optional<std::chrono::seconds> retry_after) {
        {
            const std::lock_guard lock(mutex_);
            lifecycle_.failed(std::move(why), final, retry_after, clock::now(), chance());
        }
        tell_users();
    }

    // The executor of the fetch has gone, or those who needed it have: whoever needs a token begins another one.
    void lost(const std::shared_ptr<connection_manager>& manager) {
        {
            const std::lock_guard lock(mutex_);
            if (manager_ == manager) { // which the caller owns too
                manager_ = nullptr;
                context_ = nullptr;
            }
            lifecycle_.fetch_lost();
        }
        tell_users();
    }

    void tell_users() {
        std::vector<std::shared_ptr<token_user>> users;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& known : users_)
                if (auto living = known.lock())
                    users.push_back(std::move(living));
        }
        for (const auto& each : users)
            each->token_changed();
    }

    double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

    const token_endpoint endpoint_;
    mutable std::mutex mutex_;
    token_lifecycle lifecycle_;
    std::vector<std::weak_ptr<token_user>> users_;
    std::shared_ptr<connection_manager> manager_; // kept between two fetches of one execution context
    const asio::execution_context* context_ = nullptr;
    std::size_t secret_ = 0; // the one that worked last
    std::minstd_rand random_;
};

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
    // What cannot be used is refused now, and not when the first token is fetched.
    static_cast<void>(tls_context(check(url, options_access::connection(options.connection())).tls, 1));
    token_endpoint endpoint;
    endpoint.origin = (url.endpoint.plain ? "http://" : "https://") + url.host_header;
    endpoint.target = url.path.empty() ? "/" : url.path;
    endpoint.body = token_request_body(options.scope());
    endpoint.connection = options.connection();
    add_secret("client_credentials: the secret", id, secret, endpoint);
    if (const auto& second = token_options_access::second_secret(options); !second.empty())
        add_secret("client_credentials: second_secret", id, second, endpoint);
    return std::make_shared<token_credentials>(std::make_shared<fetched_token>(std::move(endpoint)));
}

} // namespace bandwidth::webrtc
