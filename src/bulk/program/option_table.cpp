#include "bulk/program/option_table.hpp"

#include "bulk/figures/units.hpp"
#include "bulk/report/compare.hpp"
#include "bulk/report/threshold.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace bandwidth::webrtc::bulk {

namespace {

// What a parser refuses is told with the name of the option.
template <class Parse>
auto parsed(const std::string& name, const std::string& text, Parse parse) {
    try {
        return parse(text);
    } catch (const std::invalid_argument& error) {
        throw CLI::ValidationError(name, error.what());
    }
}

std::string long_name(const std::string& names) { return names.substr(names.find("--")); }

void add_count(CLI::App& app, const std::string& names, std::size_t& target, std::uint64_t min,
               std::uint64_t max, const std::string& description) {
    const auto name = long_name(names);
    const auto assign = [&target, name, min, max](const std::string& text) {
        const auto value = parsed(name, text, [](const std::string& count) { return parse_count(count); });
        if (value < min || value > max)
            throw CLI::ValidationError(
                name, text + " is not between " + format_count(min) + " and " + format_count(max));
        target = static_cast<std::size_t>(value);
    };
    app.add_option_function<std::string>(names, assign, description)->type_name("COUNT");
}

std::chrono::nanoseconds duration_between(const std::string& name, const std::string& text,
                                          std::chrono::nanoseconds min, std::chrono::nanoseconds max) {
    const auto value = parsed(name, text, [](const std::string& given) { return parse_duration(given); });
    if (value < min || value > max)
        throw CLI::ValidationError(
            name, text + " is not between " + format_duration(min) + " and " + format_duration(max));
    return value;
}

template <class Target>
void add_duration(CLI::App& app, const std::string& names, Target& target, std::chrono::nanoseconds min,
                  std::chrono::nanoseconds max, const std::string& description) {
    const auto name = long_name(names);
    const auto assign = [&target, name, min, max](const std::string& text) {
        target = duration_between(name, text, min, max);
    };
    app.add_option_function<std::string>(names, assign, description)->type_name("DURATION");
}

// One of a few words.
template <class Value, std::size_t Count>
void add_choice(CLI::App& app, const std::string& names, Value& target,
                const std::array<std::pair<const char*, Value>, Count>& choices,
                const std::string& description, const char* type) {
    const auto name = long_name(names);
    const auto assign = [&target, name, choices](const std::string& text) {
        std::string all;
        for (const auto& [word, value] : choices) {
            if (text == word) {
                target = value;
                return;
            }
            all += (all.empty() ? "" : ", ") + std::string(word);
        }
        throw CLI::ValidationError(name, '\'' + text + "' is none of " + all);
    };
    app.add_option_function<std::string>(names, assign, description)->type_name(type);
}

void add_job(CLI::App& app, options& wanted, raw_options& raw) {
    auto& load = wanted.load;
    add_choice(app, "--api", load.api,
               std::array<std::pair<const char*, api_family>, 2>{
                   {{"webrtc", api_family::webrtc}, {"brtc", api_family::brtc}}},
               "Which API: webrtc (the default: sessions and participants) or brtc (endpoints)", "API");
    add_count(app, "-s,--sessions", load.sessions, 1, 100'000'000,
              "Sessions; default 10,000, with --real 10");
    add_count(app, "-p,--participants", load.participants, 0, 20, "Participants in each session; default 2");
    add_count(app, "-e,--endpoints", load.endpoints, 1, 100'000'000,
              "Endpoints, with --api brtc; default 10,000, with --real 10");
    app.add_option("-o,--operations", load.operations,
                   "What is done to all sessions or endpoints, in this order; a word may be repeated.\n"
                   "default " +
                       std::string(default_operations(api_family::webrtc)) + "\nwith --api brtc " +
                       std::string(default_operations(api_family::brtc)) +
                       "; update is another word,\n"
                       "for BXML: Bandwidth executes it, so that a device has to be connected")
        ->type_name("LIST");
    app.add_flag("--lives", raw.lives,
                 "Each session lives its own life: all its operations one after the other, beside\n"
                 "the other sessions; else each operation is done to all sessions before the next one");
    const auto assign_think = [&load](const std::string& text) {
        using namespace std::chrono_literals;
        const auto dash = text.find('-');
        load.think_min = duration_between("--think", text.substr(0, dash), 0us, 24h);
        load.think_max = dash == std::string::npos
                             ? load.think_min
                             : duration_between("--think", text.substr(dash + 1), load.think_min, 24h);
    };
    app.add_option_function<std::string>(
           "--think", assign_think, "Pause between the calls of a life: 2s, or 1s-3s for any between both")
        ->type_name("DURATION");
    app.add_option("--mix", raw.mix,
                   "Calls at random by weight, such as get_session=8,get_participant=2, for --duration,\n"
                   "before the first remove or delete")
        ->type_name("LIST");
}

void add_load(CLI::App& app, options& wanted, raw_options& raw) {
    using namespace std::chrono_literals;
    auto& load = wanted.load;
    add_count(app, "-c,--connections", load.connections, 1, 10'000, "Connections at most; default 8");
    add_count(app, "-d,--depth", load.depth, 1, 256, "Requests in flight on a connection at most; default 8");
    add_count(app, "-n,--callers", load.callers, 1, 1'000'000,
              "Calls, or lives, under way at the same time, at most; default connections times\n"
              "depth, with --rate 10,000");
    add_count(app, "-t,--threads", load.threads, 1, 1'000,
              "Threads, each with its part of connections and callers; default 1");
    const auto assign_rate = [&load](const std::string& text) {
        load.rate = parsed("--rate", text, [](const std::string& given) { return parse_rate(given); });
    };
    app.add_option_function<std::string>(
           "-r,--rate", assign_rate,
           "So many calls, or lives, begin in each second, of all threads and shards together,\n"
           "however long those before take; latencies count from when they were to begin")
        ->type_name("RATE");
    app.add_flag("--poisson", raw.poisson,
                 "With --rate: at random distances, as from many independent callers");
    add_duration(app, "--ramp", load.ramp, 0us, 24h, "The rate, or the number of callers, grows for so long");
    add_duration(app, "--duration", load.duration, 1ms, 240h, "Lives, or the mix, begin for so long");
    add_duration(app, "--warm-up", load.warm_up, 0us, 24h,
                 "Of lives, or of the mix: the first calls are made and not measured");
    add_count(app, "--attempts", load.attempts, 1, 100,
              "Attempts of a call that may be repeated, such as after a 503; default 3");
    add_duration(app, "--timeout", load.timeout, 1us, 24h, "Timeout of each call; default 30s");
    add_duration(app, "--abort-after", load.abort_after, 1ms, 24h,
                 "Ends the run when calls fail and none has succeeded for so long; default 1m");
    add_duration(app, "--clean-up-timeout", load.clean_up_timeout, 0us, 240h,
                 "How long the deleting at the end tries; default 1m, after Ctrl-C or SIGTERM 10s,\n"
                 "of the command clean-up 2h");
}

void add_service(CLI::App& app, options& wanted, raw_options& raw) {
    using namespace std::chrono_literals;
    auto& load = wanted.load;
    add_duration(app, "--delay", load.delay, 0us, 1min,
                 "The embedded service's responses take this long; default 0s");
    app.add_option("--base-url", load.base_url,
                   "Call this service in place of the embedded one, with the well-known user and password\n"
                   "of bandwidth-webrtc-loopback; with --real, with the environment's credentials. It ends\n"
                   "in /v1, with --api brtc in /v2")
        ->type_name("URL");
    app.add_option("--ca-file", load.ca_file, "Trust the certificate authorities in this PEM file alone")
        ->check(CLI::Validator(CLI::ExistingFile).description(""))
        ->type_name("FILE");
    app.add_flag("--real", raw.real, "Call Bandwidth's service, with the credentials of the environment");
    const auto assign_shard = [&load](const std::string& text) {
        load.part = parsed("--shard", text, [](const std::string& given) {
            return parse_shard(given, [](const char* name) { return std::getenv(name); });
        });
    };
    app.add_option_function<std::string>(
           "--shard", assign_shard,
           "This process does the part I of N, such as 2/4, of the sessions; auto or auto/4: as\n"
           "Open MPI, Slurm or Kubernetes tell in the environment")
        ->type_name("I/N");
    app.add_option("--run-id", wanted.run_id, "Name of the run, the same for all its shards; default random")
        ->type_name("TEXT");
    app.add_option("--journal", wanted.journal,
                   "Keep a journal of what exists in this new file. Without it there is one in this\n"
                   "folder whenever another service than the embedded one is called; it is deleted when\n"
                   "all that was created is")
        ->type_name("FILE");
    app.add_flag("--no-journal", wanted.no_journal, "Keep none");
    app.add_option("--resume", raw.resume,
                   "Go on with the run of this journal, with its options, unless they are given anew")
        ->check(CLI::Validator(CLI::ExistingFile).description(""))
        ->type_name("FILE");
}

void add_output(CLI::App& app, options& wanted) {
    app.add_option("-j,--json", wanted.json, "Report as JSON, to a file; without a name to standard output")
        ->type_name("[FILE]")
        ->expected(0, 1)
        ->default_str("-");
    app.add_option("--report", wanted.html, "Report as an HTML page with plots")->type_name("FILE");
    app.add_option("--csv", wanted.csv, "Table of the operations as CSV")->type_name("FILE");
    app.add_option("--seconds-csv", wanted.seconds_csv, "What happened second by second as CSV")
        ->type_name("FILE");
    app.add_option("--hgrm", wanted.hgrm,
                   "Percentile distributions as HdrHistogram writes and plots them: PREFIX-get_session.hgrm")
        ->type_name("PREFIX");
    const auto assign_thresholds = [&wanted](const std::vector<std::string>& texts) {
        wanted.thresholds.clear();
        for (const auto& one : texts)
            wanted.thresholds.push_back(
                parsed("--threshold", one, [](const std::string& text) { return parse_threshold(text); }));
    };
    app.add_option_function<std::vector<std::string>>(
           "--threshold", assign_thresholds,
           "A condition such as get_session.p99<200ms or all.error_share<0.1%, without which the\n"
           "exit status is 99; may be repeated")
        ->type_name("CONDITION")
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    add_choice(app, "--progress", wanted.progress,
               std::array<std::pair<const char*, progress_mode>, 3>{{{"auto", progress_mode::automatic},
                                                                     {"always", progress_mode::always},
                                                                     {"never", progress_mode::never}}},
               "Shows where the run stands: auto (the default: on a terminal), always or never", "WHEN");
    add_choice(
        app, "--color", wanted.color,
        std::array<std::pair<const char*, color_mode>, 3>{
            {{"auto", color_mode::automatic}, {"always", color_mode::always}, {"never", color_mode::never}}},
        "Colours: auto (the default: on a terminal, and by NO_COLOR), always or never", "WHEN");
    app.add_flag("-q,--quiet", wanted.quiet, "No progress and no remarks: the report and errors alone");
    app.add_flag("--dry-run", wanted.dry_run, "Tell what would be done, and do nothing");
}

void add_commands(CLI::App& app, options& wanted) {
    app.require_subcommand(0, 1);
    const auto add = [&](const char* name, command command, const char* description) {
        auto* const made = app.add_subcommand(name, description);
        made->fallthrough();
        made->callback([&wanted, command] { wanted.wanted = command; });
        return made;
    };
    add("clean-up", command::clean_up, "Delete what a journal says exists")
        ->add_option("JOURNAL", wanted.journal, "The journal")
        ->required()
        ->check(CLI::ExistingFile);
    add("merge", command::merge, "Make one report of several: of shards, or of a run and what resumed it")
        ->add_option("REPORTS", wanted.inputs, "Reports as --json writes them")
        ->required()
        ->check(CLI::ExistingFile);
    auto* const compare =
        add("compare", command::compare,
            "Tell what differs between two reports; exit status 1 when the second is worse");
    compare->add_option("REPORTS", wanted.inputs, "The base and the new one; with --new: the base")
        ->required()
        ->check(CLI::ExistingFile);
    compare
        ->add_option("--new", wanted.new_inputs,
                     "The new ones, where there are several of both: repeated runs tell how much one\n"
                     "differs from the next by chance")
        ->type_name("REPORTS")
        ->check(CLI::ExistingFile);
    const auto assign_tolerance = [&wanted](const std::string& text) {
        wanted.tolerance =
            parsed("--tolerance", text, [](const std::string& given) { return parse_tolerance(given); });
    };
    compare
        ->add_option_function<std::string>("--tolerance", assign_tolerance,
                                           "Smaller differences are none; default 5%")
        ->type_name("PERCENT");
}

} // namespace

void add_options(CLI::App& app, options& wanted, raw_options& raw) {
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    add_job(app, wanted, raw);
    add_load(app, wanted, raw);
    add_service(app, wanted, raw);
    add_output(app, wanted);
    add_commands(app, wanted);
}

std::vector<std::string> words_of_run(const CLI::App& app) {
    static constexpr std::array<std::string_view, 16> others = {
        "json", "report", "csv",     "seconds-csv", "hgrm",   "threshold", "progress",   "color",
        "help", "quiet",  "dry-run", "shard",       "run-id", "journal",   "no-journal", "resume"};
    std::vector<std::string> words;
    for (const auto* const option : app.get_options()) {
        const auto& names = option->get_lnames();
        if (option->count() == 0 || names.empty() ||
            std::find(others.begin(), others.end(), names.front()) != others.end())
            continue;
        const bool is_flag = option->get_expected_max() == 0;
        words.push_back("--" + names.front() + (is_flag ? "" : '=' + option->results().back()));
    }
    return words;
}

} // namespace bandwidth::webrtc::bulk
