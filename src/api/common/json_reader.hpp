#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace bandwidth::webrtc::detail {

struct json_shape;

/// What the value of a field may be: bits of `json_kind`, the higher four for the elements of an array.
enum class json_form : unsigned char {
    text = 0x01,     ///< a string
    texts = 0x18,    ///< an array of strings
    object = 0x04,   ///< an object
    objects = 0x48,  ///< an array of objects
    scalar = 0x03,   ///< a string or a number as it is written; anything else is taken for an unknown field
    anything = 0xFF, ///< the same, also in arrays of whatever depth, and objects
};

enum class json_kind : unsigned char { string = 1, number = 2, object = 4, array = 8 };

/// A field of a JSON object, and where its value goes: the functions get the model that the object becomes.
struct json_field {
    std::string_view name;
    json_form form;
    /// Empties the place: for null, and before an array or object is read. May be absent.
    void (*clear)(void* model) = nullptr;
    /// Takes a string or a number. False: the model has no place for it, so the whole field, with all of an
    /// array, is kept in `json_shape::extra` as well.
    bool (*add_text)(void* model, std::string_view text) = nullptr;
    /// Makes place for an object: the model for its fields, which `shape` describes.
    void* (*add_object)(void* model) = nullptr;
    const json_shape* shape = nullptr;
    bool takes_null = true;  ///< in place of an object; null in place of a text or an array always is
    bool is_lenient = false; ///< not of an array: another form is taken for an unknown field, as for `scalar`
};

/// What an object is read into.
struct json_shape {
    std::span<const json_field> fields;
    /// Where the fields of other names are kept, as they are written, in the text of an object. May be absent.
    std::string& (*extra)(void* model) = nullptr;
    /// What is wrong with the model that was read; null when nothing is. May be absent.
    const char* (*finish)(void* model) = nullptr;
};

/// Reads all of `json`, which must be of the form of `root`, into `model`. Returns nothing, or what is wrong:
/// the name of `root`, then "tag is not a string", or "not JSON at byte 7: syntax error". It never holds text
/// from `json`, which may be secret. What was read before the fault stays in the model.
///
/// Refused is what Boost.JSON refuses: text that is not UTF-8, lone surrogates, a byte order mark, text behind
/// the value, more than 32 arrays and objects inside each other. Of a repeated field the last one wins. The
/// size of a number does not matter: numbers are only text here.
std::optional<std::string> read_json(std::string_view json, const json_field& root, void* model);

/// A whole text that is an object.
template <class Model>
constexpr json_field json_root(std::string_view noun, const json_shape* shape) {
    return {noun,
            json_form::object,
            [](void* model) { *static_cast<Model*>(model) = Model(); },
            nullptr,
            [](void* model) { return model; },
            shape,
            false};
}

template <class Member>
struct class_of;
template <class Class, class Value>
struct class_of<Value Class::*> {
    using type = Class;
};

/// How a member of a model is read: a text, an `optional`, a `vector`, or an object with a shape of its own. `Rest`
/// leads on to a member of that member.
template <auto First, auto... Rest>
struct json_member {
    static auto& of(void* model) {
        auto& first = static_cast<typename class_of<decltype(First)>::type*>(model)->*First;
        return (first.*....*Rest);
    }

    static void clear(void* model) {
        auto& place = of(model);
        place = std::decay_t<decltype(place)>();
    }

    static bool add_text(void* model, std::string_view text) {
        auto& place = of(model);
        if constexpr (requires { place.emplace_back(std::string(text)); })
            place.emplace_back(std::string(text));
        else if constexpr (requires { place.emplace(std::string(text)); })
            place.emplace(std::string(text));
        else
            place = std::decay_t<decltype(place)>(std::string(text));
        return true;
    }

    static void* add_object(void* model) {
        auto& place = of(model);
        if constexpr (requires { place.emplace_back(); })
            return &place.emplace_back();
        else if constexpr (requires { place.emplace(); })
            return &place.emplace();
        else
            return &place;
    }

    static constexpr json_field text(std::string_view name, json_form form = json_form::text) {
        return {name, form, clear, add_text, nullptr, nullptr};
    }
    static constexpr json_field object(std::string_view name, const json_shape* shape,
                                       json_form form = json_form::object) {
        return {name, form, clear, nullptr, add_object, shape};
    }
    /// What `read` makes of a string or a number, which is nothing where it is none: then it is kept as unknown.
    template <auto Read>
    static constexpr json_field read(std::string_view name) {
        return {name,
                json_form::scalar,
                clear,
                [](void* model, std::string_view text) {
                    auto& place = of(model);
                    place = Read(text);
                    return place.has_value();
                },
                nullptr,
                nullptr};
    }
};

} // namespace bandwidth::webrtc::detail
