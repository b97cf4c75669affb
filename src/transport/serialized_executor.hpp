#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace bandwidth::webrtc::detail {

/// The executor of all that belongs to one pool: of its functions only one runs at a time, in the order in
/// which they were given. It is one of Asio's own: a strand, or the executor below itself where one thread
/// runs it.
///
/// Why not `any_io_executor`, which could hold each of them: that wraps every function in an object that it
/// allocates, and asks the executor inside by virtual calls for each property (figures:
/// doc/decisions/0013-asio-runtime.md). Why no template parameter: then all of the library would be a
/// template of it. So this is a closed choice, and everything above compiles once.
class serialized_executor {
public:
    /// A strand over an executor: any number of threads may run it.
    static serialized_executor strand(const boost::asio::any_io_executor& below);
    /// The executor itself, which is never run by two threads at a time.
    static serialized_executor single_threaded(const boost::asio::any_io_executor& below);
    /// Without a strand: `behind` is called with `owner` behind each function that was given to this, when
    /// that has returned, as long as there is an owner. It may throw. To be set before the first function.
    void follow_by(void (*behind)(void*), std::weak_ptr<void> owner) noexcept {
        shared_->behind = behind;
        shared_->owner = std::move(owner);
    }

    /// The execution context is going: from here on no copy of this refers to it. A function that is given to one
    /// of them runs somewhere else.
    void leave_context() noexcept;

    /// May run the function inside of this, where Asio's executor would.
    template <class Function>
    void execute(Function&& function) const {
        std::visit(
            [&](const auto& chosen) {
                const auto& executor = never_blocks_ ? chosen.never : chosen.possibly;
                if constexpr (std::decay_t<decltype(chosen)>::is_strand)
                    executor.execute(std::forward<Function>(function));
                else
                    executor.execute(
                        followed<std::decay_t<Function>>{std::forward<Function>(function), shared_});
            },
            shared_->executor);
    }

    boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept;
    serialized_executor require(boost::asio::execution::blocking_t::never_t) const noexcept {
        return {shared_, true};
    }
    serialized_executor require(boost::asio::execution::blocking_t::possibly_t) const noexcept {
        return {shared_, false};
    }
    boost::asio::execution::blocking_t query(boost::asio::execution::blocking_t) const noexcept {
        using boost::asio::execution::blocking;
        return never_blocks_ ? boost::asio::execution::blocking_t(blocking.never)
                             : boost::asio::execution::blocking_t(blocking.possibly);
    }
    /// Whether this thread runs one of its functions. True without a strand, where nobody knows.
    bool running_in_this_thread() const noexcept;

    friend bool operator==(const serialized_executor& a, const serialized_executor& b) noexcept {
        return a.shared_ == b.shared_ && a.never_blocks_ == b.never_blocks_;
    }

private:
    using io_executor = boost::asio::io_context::executor_type;
    /// An executor with both of its properties, which need not be asked for each time then.
    template <class Executor, bool IsStrand>
    struct choice {
        static constexpr bool is_strand = IsStrand;
        explicit choice(const Executor& of)
            : possibly(boost::asio::prefer(of, boost::asio::execution::blocking.possibly))
            , never(boost::asio::require(of, boost::asio::execution::blocking.never)) {}
        Executor possibly;
        Executor never;
    };
    struct shared_state {
        std::variant<choice<boost::asio::strand<io_executor>, true>,
                     choice<boost::asio::strand<boost::asio::any_io_executor>, true>,
                     choice<io_executor, false>, choice<boost::asio::any_io_executor, false>>
            executor;
        void (*behind)(void*) = nullptr;
        std::weak_ptr<void> owner = {};
    };

    template <class Function>
    struct followed {
        void operator()() {
            std::move(function)();
            if (const auto owner = shared->owner.lock())
                shared->behind(owner.get());
        }
        Function function;
        std::shared_ptr<const shared_state> shared;
    };

    serialized_executor(std::shared_ptr<shared_state> shared, bool never_blocks) noexcept
        : shared_(std::move(shared)), never_blocks_(never_blocks) {}

    std::shared_ptr<shared_state> shared_;
    bool never_blocks_ = false;
};

} // namespace bandwidth::webrtc::detail
