#include "api/common/json_reader.hpp"

#include <array>
#include <bandwidth/webrtc/error.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <cstdint>
#include <functional>
#include <utility>

#include "core/ascii.hpp"

namespace bandwidth::webrtc::detail {

namespace {

namespace json = boost::json;

/// The events of Boost.JSON's parser become a model. They do not tell where in the text they are, which is
/// needed to keep unknown fields as they are written: so `position_` follows them, behind the last string or
/// closing bracket. What lies between two of these has neither quotes nor closing brackets.
class reader {
public:
    static constexpr std::size_t max_array_size = SIZE_MAX;
    static constexpr std::size_t max_object_size = SIZE_MAX;
    static constexpr std::size_t max_string_size = SIZE_MAX;
    static constexpr std::size_t max_key_size = SIZE_MAX;

    /// `written` is of the same size as what is parsed, and is what is kept of it.
    reader(std::string_view parsed, std::string_view written, const json_field& root, void* model)
        : begin_(parsed.data()), position_(begin_), end_(begin_ + parsed.size()), written_(written) {
        levels_[0] = {model, nullptr, &root, 0, false};
    }

    /// What is wrong with the value; empty when it is no JSON.
    std::string problem() const {
        std::string text;
        if (field_ != nullptr)
            text.append(field_->name).append(level_->arrays == 0 ? " is " : " holds ");
        return problem_ == nullptr ? text : text + problem_;
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_comment_part(json::string_view, error_code&) { return true; }
    bool on_comment(json::string_view, error_code&) { return true; }
    bool on_number_part(json::string_view, error_code&) { return true; }

    bool on_int64(std::int64_t, json::string_view text, error_code& ec) { return on_number(text, ec); }
    bool on_uint64(std::uint64_t, json::string_view text, error_code& ec) { return on_number(text, ec); }
    bool on_double(double, json::string_view text, error_code& ec) { return on_number(text, ec); }

    bool on_string_part(json::string_view part, std::size_t size_so_far, error_code&) {
        if (part.size() == size_so_far)
            unescaped_.clear();
        unescaped_.append(part.data(), part.size());
        return true;
    }
    bool on_key_part(json::string_view part, std::size_t size_so_far, error_code& ec) {
        return on_string_part(part, size_so_far, ec);
    }

    bool on_string(json::string_view last_part, std::size_t size, error_code& ec) {
        const auto text = whole_string(last_part, size, ec);
        return skipping_ != 0 ? skipped() : take(json_kind::string, text, ec);
    }

    bool on_key(json::string_view last_part, std::size_t size, error_code& ec) {
        const auto key = whole_string(last_part, size, ec);
        if (skipping_ != 0)
            return true;
        key_begin_ = string_begin_;
        key_end_ = position_;
        for (const json_field& field : level_->shape->fields) {
            if (field.name == key) {
                level_->field = &field;
                return true;
            }
        }
        skipping_ = 1;
        return true;
    }

    bool on_bool(bool value, error_code& ec) { return on_literal(value ? 4 : 5, false, ec); }
    bool on_null(error_code& ec) { return on_literal(4, true, ec); }

    bool on_array_begin(error_code& ec) { return on_begin(json_kind::array, ec); }
    bool on_object_begin(error_code& ec) { return on_begin(json_kind::object, ec); }

    bool on_array_end(std::size_t, error_code&) {
        step_behind(']');
        if (skipping_ != 0) {
            --skipping_;
            return skipped();
        }
        if (--level_->arrays == 0 && std::exchange(level_->keeps_field, false))
            keep_field();
        return true;
    }

    bool on_object_end(std::size_t, error_code& ec) {
        step_behind('}');
        if (skipping_ != 0) {
            --skipping_;
            return skipped();
        }
        const auto finish = level_->shape->finish;
        const char* const wrong = finish == nullptr ? nullptr : finish(level_->model);
        --level_;
        return wrong == nullptr || fail(wrong, ec);
    }

private:
    // An object that is being read, and how many arrays of its current field.
    struct level {
        void* model;
        const json_shape* shape;
        const json_field* field;
        unsigned arrays;
        bool keeps_field;
    };

    bool on_number(json::string_view text, error_code& ec) {
        position_ = text.data() + text.size();
        return skipping_ != 0
                   ? skipped()
                   : take(json_kind::number, as_written(text.data(), text.data() + text.size()), ec);
    }

    bool on_literal(std::size_t size, bool is_null, error_code& ec) {
        if (skipping_ != 0) {
            if (skipping_ == 1)
                position_ = value_begin() + size;
            return skipped();
        }
        const json_field& field = *level_->field;
        if (!is_null || (!field.takes_null && is_due(json_kind::object))) {
            if (!is_lenient())
                return refuse(ec);
            if (is_member()) {
                position_ = value_begin() + size;
                keep_field();
            }
            return true;
        }
        if (level_->arrays == 0 && field.clear != nullptr)
            field.clear(level_->model);
        return true;
    }

    bool on_begin(json_kind kind, error_code& ec) {
        if (skipping_ != 0) {
            ++skipping_;
            return true;
        }
        if (!is_due(kind)) {
            skipping_ = 2;
            return is_lenient() || refuse(ec);
        }
        const json_field& field = *level_->field;
        if (level_->arrays == 0 && level_ != levels_.data() && field.clear != nullptr)
            field.clear(level_->model);
        if (kind == json_kind::array) {
            ++level_->arrays;
            return true;
        }
        void* const model = field.add_object(level_->model);
        *++level_ = {model, field.shape, nullptr, 0, false};
        return true;
    }

    bool take(json_kind kind, std::string_view text, error_code& ec) {
        const bool due = is_due(kind);
        if (due && level_->field->add_text(level_->model, text))
            return true;
        if (!due && !is_lenient())
            return refuse(ec);
        if (is_member())
            keep_field();
        else
            level_->keeps_field = level_->arrays != 0;
        return true;
    }

    // Whether the value is that of a field, not one in its array.
    bool is_member() const noexcept { return level_->arrays == 0 && level_ != levels_.data(); }

    bool is_due(json_kind kind) const noexcept {
        const auto form = static_cast<unsigned>(level_->field->form) >> (level_->arrays != 0 ? 4U : 0U);
        return (form & static_cast<unsigned>(kind)) != 0;
    }

    // Whether what is not due is taken for an unknown field.
    bool is_lenient() const noexcept {
        return level_->field->is_lenient || level_->field->form == json_form::scalar ||
               level_->field->form == json_form::anything;
    }

    // Where a value that is skipped may be at its end: one that is no part of another is.
    bool skipped() {
        if (skipping_ == 1) {
            skipping_ = 0;
            keep_field();
        }
        return true;
    }

    void keep_field() {
        if (level_->shape->extra == nullptr)
            return;
        std::string& extra = level_->shape->extra(level_->model);
        if (extra.empty())
            extra = '{';
        else
            extra.back() = ',';
        extra.append(as_written(key_begin_ - 1, key_end_)).append(1, ':');
        extra.append(as_written(value_begin(), position_)).append(1, '}');
    }

    // The text of a string whose last part this is. One without escapes comes in one part, which is part of the
    // text that is read. Of any other, Boost 1.81 has the parts in a buffer; later versions have those without
    // escapes in the text.
    std::string_view whole_string(json::string_view last_part, std::size_t size, error_code& ec) {
        const bool is_in_text =
            !std::less<>()(last_part.data(), begin_) && std::less<>()(last_part.data(), end_);
        if (is_in_text && last_part.size() == size) {
            string_begin_ = last_part.data();
            position_ = string_begin_ + last_part.size() + 1;
            return last_part;
        }
        step_behind('"');
        string_begin_ = position_;
        for (; *position_ != '"'; ++position_)
            position_ += *position_ == '\\' ? 1 : 0;
        ++position_;
        on_string_part(last_part, size, ec);
        return unescaped_;
    }

    void step_behind(char c) noexcept {
        while (*position_++ != c) {
        }
    }

    const char* value_begin() const noexcept {
        const std::string_view rest(key_end_, static_cast<std::size_t>(end_ - key_end_));
        return key_end_ + rest.find_first_not_of(": \t\r\n");
    }

    std::string_view as_written(const char* begin, const char* end) const noexcept {
        return written_.substr(static_cast<std::size_t>(begin - begin_),
                               static_cast<std::size_t>(end - begin));
    }

    bool refuse(error_code& ec) {
        const bool is_root = level_ == levels_.data();
        field_ = is_root ? nullptr : level_->field;
        if (level_->arrays == 0 || is_root) {
            return fail(is_due(json_kind::array)    ? "not an array"
                        : is_due(json_kind::object) ? "not an object"
                                                    : "not a string",
                        ec);
        }
        return fail(is_due(json_kind::object) ? "something else than objects" : "something else than strings",
                    ec);
    }

    bool fail(const char* problem, error_code& ec) noexcept {
        problem_ = problem;
        ec = json::error::exception; // any: it is the text that counts
        return false;
    }

    const char* begin_;
    const char* position_;
    const char* end_;
    std::string_view written_;
    const char* string_begin_ = nullptr; // of the last string, behind the quote
    const char* key_begin_ = nullptr;    // of the current field's
    const char* key_end_ = nullptr;
    // 0: nothing is skipped. 1: an unknown field's value comes. More: one less is the number of the arrays and
    // objects that are skipped, one in another.
    unsigned skipping_ = 0;
    std::string unescaped_;             // what has come of a string with escapes
    const json_field* field_ = nullptr; // of which `problem_` speaks
    const char* problem_ = nullptr;
    std::array<level, json::parse_options().max_depth + 1> levels_;
    level* level_ = levels_.data();
};

// Boost.JSON refuses an exponent that no int holds. This has zeros in place of the digits of all exponents.
std::string without_exponents(std::string_view text) {
    std::string changed(text);
    bool in_string = false;
    bool in_exponent = false;
    for (std::size_t i = 0; i < changed.size(); ++i) {
        char& c = changed[i];
        if (c == '"') {
            in_string = !in_string;
        } else if (in_string) {
            i += c == '\\' ? 1 : 0;
        } else {
            in_exponent = to_lower(c) == 'e' || (in_exponent && (is_digit(c) || c == '+' || c == '-'));
            c = in_exponent && is_digit(c) ? '0' : c;
        }
    }
    return changed;
}

std::optional<std::string> read(std::string_view text, std::string_view written, const json_field& root,
                                void* model) {
    json::basic_parser<reader> parser(json::parse_options(), text, written, root, model);
    error_code ec;
    const auto size = parser.write_some(false, text.data(), text.size(), ec);
    if (!ec && size == text.size())
        return std::nullopt;
    if (ec == json::error::exponent_overflow && text.data() == written.data()) {
        if (root.clear != nullptr)
            root.clear(model);
        return read(without_exponents(text), written, root, model);
    }
    std::string problem(root.name);
    problem += ": ";
    const std::string about_value = parser.handler().problem();
    if (!about_value.empty())
        return problem + about_value;
    problem.append("not JSON at byte ").append(std::to_string(size)).append(": ");
    return problem + (ec ? ec : make_error_code(json::error::extra_data)).message();
}

} // namespace

std::optional<std::string> read_json(std::string_view json, const json_field& root, void* model) {
    return read(json, json, root, model);
}

} // namespace bandwidth::webrtc::detail
