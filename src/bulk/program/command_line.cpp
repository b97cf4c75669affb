#include "bulk/program/command_line.hpp"

#include "bulk/figures/closest_word.hpp"
#include "bulk/figures/units.hpp"
#include "bulk/journal/journal.hpp"
#include "bulk/program/option_table.hpp"
#include "bulk/report/exit_status.hpp"
#include "program/version_text.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <cstdint>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>

namespace bandwidth::webrtc::bulk {

namespace {

constexpr const char* introduction =
    R"(Creates sessions with participants, joins them, reads them back, subscribes, and deletes them all, over
pipelined HTTPS. Checks that every response belongs to its request, and tells how fast it was and what failed.
With --api brtc: creates endpoints of BRTC, reads and lists them, deletes them all, and lists once more.

Examples:
  bandwidth-webrtc-bulk
        against a service that it starts itself
  bandwidth-webrtc-bulk --sessions 100k --participants 0 --operations create,get,delete
        100,000 sessions through create, get and delete
  bandwidth-webrtc-bulk --lives --rate 200 --duration 5m --think 1s-3s --report run.html
        for five minutes 200 sessions begin in each second and live their lives; a page with plots
  bandwidth-webrtc-bulk --mix get_session=9,list_session_participants=1 --duration 1m --rate 5k
        reads at a constant rate
  bandwidth-webrtc-bulk --api brtc --endpoints 2k
        2,000 endpoints of BRTC, with client credentials
  bandwidth-webrtc-bulk --delay 20ms --connections 4 --depth 8
        as if the service were 20 ms away
  bandwidth-webrtc-bulk --base-url https://localhost:8443/v1 --ca-file ca.pem
        against a bandwidth-webrtc-loopback that runs elsewhere
  bandwidth-webrtc-bulk --real --sessions 20 --callers 4
        against Bandwidth's service, with BW_ACCOUNT_ID, BW_CLIENT_ID and BW_CLIENT_SECRET of the environment
        (or BW_USERNAME and BW_PASSWORD where neither of the latter two is set)
  bandwidth-webrtc-bulk --json base.json; bandwidth-webrtc-bulk --json new.json
  bandwidth-webrtc-bulk compare base.json new.json
        what has changed between two runs
)";

constexpr const char* exit_statuses =
    R"(Counts and rates take k and M (10k), durations us, ms, s, m and h (500ms, 1.5s).
The report goes to standard output, progress and errors to standard error.
Ctrl-C ends the run: the report tells what was done so far, and what was created is deleted. A second Ctrl-C
gives up; what is left stands in the journal, and `clean-up` deletes it.

Exit status:
  0  all is well
  1  some operations failed, a response did not belong to its request, something was left behind, or a report could
     not be written; of compare: the new one is worse
  2  bad usage
  3  no credentials, or the service refuses them, or options that the client refuses
  4  no connection to the service, or no success for --abort-after
  99 all is well but for a --threshold
  130, 143  ended by SIGINT (Ctrl-C), SIGTERM)";

// The option is of the other API.
void refuse_other_api(const CLI::App& app, const char* option, api_family family) {
    if (app.count(option) > 0)
        throw CLI::ValidationError(option, "goes with --api " + std::string(to_string(family)));
}

void choose_operations(const CLI::App& app, settings& load) {
    if (app.count("--operations") == 0)
        load.operations = default_operations(load.api);
    try {
        load.phases = parse_operations(load.api, load.operations);
    } catch (const std::invalid_argument& error) {
        throw CLI::ValidationError("--operations", error.what());
    }
}

// "get_session=8,get_participant=2"; without a number it is 1.
void choose_mix(const std::string& text, settings& load) {
    const auto refuse = [](const std::string& what) { throw CLI::ValidationError("--mix", what); };
    for (std::string_view rest = text; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        const auto word = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        const auto equals = std::min(word.find('='), word.size());
        weighted_call one{};
        try {
            one.kind = parse_call(load.api, word.substr(0, equals));
            if (equals < word.size())
                one.weight = parse_rate(word.substr(equals + 1));
        } catch (const std::invalid_argument& error) {
            refuse(error.what());
        }
        using enum call_kind;
        if (is_creation(one.kind) || is_deletion(one.kind) || one.kind == add_participant_to_session ||
            one.kind == remove_participant_from_session || one.kind == list_endpoints)
            refuse(std::string(to_string(one.kind)) + " is none of the calls that read or update one thing");
        if (load.participants == 0 &&
            (one.kind == get_participant || one.kind == update_participant_subscriptions ||
             one.kind == get_participant_subscriptions))
            refuse(std::string(to_string(one.kind)) + " needs --participants");
        const auto needs = [&](call_kind before) {
            if (std::find(load.phases.begin(), load.phases.end(), before) == load.phases.end())
                refuse(std::string(to_string(one.kind)) + " needs '" +
                       (before == add_participant_to_session ? "join" : "subscribe") + "' in --operations");
        };
        if (one.kind == update_participant_subscriptions)
            needs(add_participant_to_session);
        if (one.kind == get_participant_subscriptions)
            needs(update_participant_subscriptions);
        load.mix.push_back(one);
    }
}

// What one option alone cannot tell of how the load is made.
void check_load(const CLI::App& app, const settings& load) {
    const bool timed = load.shape == load_shape::lives || !load.mix.empty();
    for (const char* option : {"--duration", "--warm-up"})
        if (app.count(option) > 0 && !timed)
            throw CLI::ValidationError(option, "goes with --lives or --mix");
    if (app.count("--think") > 0 && load.shape != load_shape::lives)
        throw CLI::ValidationError("--think", "goes with --lives");
    if (!load.mix.empty() && load.shape == load_shape::lives)
        throw CLI::ValidationError("--mix", "does not go with --lives");
    if (!load.mix.empty() && app.count("--duration") == 0)
        throw CLI::ValidationError("--mix", "needs --duration");
    if (load.process == arrival_process::poisson && !load.is_open_loop())
        throw CLI::ValidationError("--poisson", "goes with --rate");
    if (load.duration.count() > 0 && load.warm_up >= load.duration)
        throw CLI::ValidationError("--warm-up", "is not shorter than --duration");
    if (load.callers != 0 && load.callers < load.threads)
        throw CLI::ValidationError("--callers", "are fewer than the threads, of which each has one at least");
    if (load.threads > load.connections)
        throw CLI::ValidationError("--threads",
                                   "are more than the connections, and each needs one: more --connections?");
}

// The same of the service.
void check_service(const CLI::App& app, const options& wanted) {
    const auto& load = wanted.load;
    if (load.service == service_kind::loopback && !load.ca_file.empty())
        throw CLI::ValidationError("--ca-file", "goes with --base-url or --real");
    if (app.count("--base-url") > 0 && load.base_url.empty())
        throw CLI::ValidationError("--base-url", "is empty");
    if (load.service != service_kind::loopback && app.count("--delay") > 0)
        throw CLI::ValidationError("--delay", "is for the embedded service, not for one that runs elsewhere");
    if (wanted.dry_run && (wanted.wanted == command::merge || wanted.wanted == command::compare))
        throw CLI::ValidationError("--dry-run", "goes with a run, or with clean-up");
    if (wanted.run_id.find_first_not_of(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != std::string::npos)
        throw CLI::ValidationError("--run-id",
                                   "takes letters, digits, '.', '_' and '-' alone: file names have it");
    if (wanted.no_journal && !wanted.journal.empty())
        throw CLI::ValidationError("--no-journal", "does not go with --journal or --resume");
    if (wanted.wanted == command::compare && wanted.new_inputs.empty() && wanted.inputs.size() != 2)
        throw CLI::ValidationError("compare", "takes two reports, or several and --new with several others");
    if (wanted.wanted == command::clean_up && load.service == service_kind::loopback)
        throw CLI::ValidationError("clean-up",
                                   "the journal is of the embedded service, which ended with its run");
}

// A wrong name is told before the run, rather than when its report is to be written.
void check_file_names(const options& wanted) {
    const auto check = [&](const char* option, const std::string& pattern) {
        try {
            expand_file_name(pattern, wanted.load.part, wanted.run_id);
        } catch (const std::invalid_argument& error) {
            throw CLI::ValidationError(option, error.what());
        }
    };
    check("--json", wanted.json);
    check("--report", wanted.html);
    check("--csv", wanted.csv);
    check("--seconds-csv", wanted.seconds_csv);
    check("--hgrm", wanted.hgrm);
    if (wanted.wanted == command::run && !wanted.resumes)
        check("--journal", wanted.journal);
}

// So many lives that they do not end before their time.
std::size_t enough_for(const settings& load) {
    constexpr std::size_t closed_loop = 1'000'000;
    constexpr double most_lives = 1e8;
    const auto seconds = std::chrono::duration<double>(load.duration).count();
    if (!load.is_open_loop())
        return closed_loop;
    const double lives = load.rate * seconds * 1.1 + 1'000;
    if (lives > most_lives)
        throw CLI::ValidationError("--rate", "and --duration make more than 100,000,000 lives");
    return static_cast<std::size_t>(lives);
}

void read_all(CLI::App& app, options& wanted, raw_options& raw) {
    auto& load = wanted.load;
    if (raw.real)
        load.service = service_kind::real;
    else if (app.count("--base-url") > 0)
        load.service = service_kind::url;
    if (raw.lives)
        load.shape = load_shape::lives;
    if (raw.poisson)
        load.process = arrival_process::poisson;
    if (app.count("--json") > 0 && wanted.json.empty())
        wanted.json = "-";
    if (load.api == api_family::brtc) {
        refuse_other_api(app, "--sessions", api_family::webrtc);
        refuse_other_api(app, "--participants", api_family::webrtc);
    } else {
        refuse_other_api(app, "--endpoints", api_family::brtc);
    }
    if (raw.real && app.count("--sessions") == 0)
        load.sessions = 10;
    if (raw.real && app.count("--endpoints") == 0)
        load.endpoints = 10;
    if (raw.lives && load.duration.count() > 0 && app.count("--sessions") + app.count("--endpoints") == 0)
        load.sessions = load.endpoints = enough_for(load);
    choose_operations(app, load);
    choose_mix(raw.mix, load);
    check_load(app, load);
    check_service(app, wanted);
    check_file_names(wanted);
    wanted.words = words_of_run(app);
}

// What the journal of a run tells of its options, and the shard that it was.
std::vector<std::string> words_of_journal(const std::string& path, options& wanted) {
    const auto before = read_journal(path);
    const auto& header = before.header;
    wanted.run_id = header.run_id;
    std::vector<std::string> words;
    if (const auto* const written = header.settings.if_contains("words"))
        if (const auto* const list = written->if_array())
            for (const auto& one : *list)
                if (const auto* const word = one.if_string())
                    words.emplace_back(word->data(), word->size());
    words.push_back("--shard=" + std::to_string(header.shard) + '/' + std::to_string(header.shards));
    return words;
}

// Says what may have been meant.
[[noreturn]] void refuse_unknown(const CLI::App& app) {
    const auto unknown = app.remaining(true);
    const auto word = unknown.empty() ? std::string() : unknown.front();
    std::vector<std::string> known;
    for (const auto* const option : app.get_options())
        for (const auto& name : option->get_lnames())
            known.push_back("--" + name);
    for (const auto* const command : app.get_subcommands([](const CLI::App*) { return true; }))
        known.push_back(command->get_name());
    const auto meant = closest_word(word.substr(0, word.find('=')), known);
    throw CLI::ParseError(
        "'" + word + "' is no option and no command" + (meant ? "; is " + *meant + " meant?" : std::string()),
        static_cast<int>(exit_status::usage));
}

options parse_words(std::vector<std::string> words, bool with_journal) {
    options wanted;
    raw_options raw;
    CLI::App app{"", "bandwidth-webrtc-bulk"};
    app.get_formatter()->column_width(26);
    app.footer(exit_statuses);
    app.set_version_flag("-V,--version", program::version_text("bandwidth-webrtc-bulk"),
                         "Print the versions of this program and its parts");
    add_options(app, wanted, raw);
    const auto given = words;
    std::reverse(words.begin(), words.end()); // as CLI11 wants a vector
    try {
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        throw CLI::CallForHelp(app.help(), 0);
    } catch (const CLI::ExtrasError&) {
        refuse_unknown(app);
    }
    if (!raw.resume.empty() && wanted.wanted != command::run)
        throw CLI::ValidationError("--resume", "goes with no command");
    if (!raw.resume.empty() && !wanted.journal.empty())
        throw CLI::ValidationError("--resume", "does not go with --journal, since it names one");
    if (!raw.resume.empty() && wanted.no_journal)
        throw CLI::ValidationError("--no-journal", "does not go with --resume, whose journal goes on");
    const auto journal = wanted.wanted == command::clean_up ? wanted.journal : raw.resume;
    if (!journal.empty() && !with_journal) {
        options of_journal;
        auto all = words_of_journal(journal, of_journal);
        all.insert(all.end(), given.begin(), given.end());
        wanted = parse_words(std::move(all), true);
        wanted.journal = journal;
        wanted.resumes = true;
        wanted.run_id = of_journal.run_id;
        return wanted;
    }
    read_all(app, wanted, raw);
    return wanted;
}

} // namespace

std::variant<options, int> parse_command_line(int argc, const char* const* argv, std::ostream& out,
                                              std::ostream& err) {
    const auto refuse = [&](const char* what) {
        err << "bandwidth-webrtc-bulk: " << printable(what) << "\nTry: bandwidth-webrtc-bulk --help\n";
        return static_cast<int>(exit_status::usage);
    };
    try {
        return parse_words({argv + 1, argv + argc}, false);
    } catch (const CLI::CallForHelp& help) {
        out << introduction << '\n' << help.what();
        return static_cast<int>(exit_status::ok);
    } catch (const CLI::CallForVersion& version) {
        out << version.what() << '\n';
        return static_cast<int>(exit_status::ok);
    } catch (const CLI::ParseError& error) {
        return refuse(error.what());
    } catch (const std::exception& error) { // of the journal
        return refuse(error.what());
    }
}

} // namespace bandwidth::webrtc::bulk
