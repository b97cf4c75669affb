#pragma once

#include "bulk/program_process.hpp"
#include "bulk/whole_run.hpp"

#include <bandwidth/webrtc/testing/loopback_server.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace bandwidth::webrtc::bulk::test {

/// A service that counts its responses, so that a test can wait for one.
class counted_service {
public:
    counted_service()
        : service_(testing::loopback_options().record_requests(true).on_response(
              [this](std::string_view, std::string_view, int) {
                  const std::lock_guard held(mutex_);
                  ++responses_;
                  changed_.notify_all();
              })) {}

    testing::loopback_server& server() { return service_.server(); }
    /// Of a run in this process, which keeps a journal.
    options chosen(api_family api, std::string_view operations) const {
        auto made = service_.chosen(api, operations);
        made.no_journal = false;
        return made;
    }
    /// For a process.
    std::vector<std::string> words(api_family api = api_family::webrtc) const {
        const auto made = service_.chosen(api, default_operations(api));
        return {"--base-url", made.load.base_url, "--ca-file", made.load.ca_file, "--progress", "never"};
    }
    /// Blocks until it has made so many, or until the process has ended, which sends no word.
    void wait_for_responses(std::size_t count, const program_process& process) {
        std::unique_lock held(mutex_);
        while (!changed_.wait_for(held, std::chrono::milliseconds(5), [&] { return responses_ >= count; }))
            if (process.has_ended())
                return;
    }
    std::size_t responses() {
        const std::lock_guard held(mutex_);
        return responses_;
    }

    /// How often a thing with each tag was created.
    std::map<std::string, int> created(std::string_view what) {
        std::map<std::string, int> tags;
        for (const auto& request : server().received())
            if (request.method() == "POST" && request.target().ends_with(what)) {
                const auto body = boost::json::parse(request.body());
                ++tags[std::string(body.at("tag").as_string())];
            }
        return tags;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t responses_ = 0;
    observed_service service_;
};

/// The words of a command line, and more.
inline std::vector<std::string> joined(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

} // namespace bandwidth::webrtc::bulk::test
