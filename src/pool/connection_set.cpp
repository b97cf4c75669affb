#include "pool/member.hpp"

namespace bandwidth::webrtc::detail {

connection_set::connection_set(std::size_t depth) : shelves_(depth + 1, nullptr) {}

connection_set::~connection_set() = default;

member& connection_set::add(dispatcher& owner) {
    auto& added = *members_.emplace_back(std::make_unique<member>(owner));
    added.index = members_.size() - 1;
    added.shelf = nowhere;
    return added;
}

void connection_set::remove(member& value) noexcept {
    take_off(value);
    const auto index = value.index;
    std::swap(members_[index], members_.back());
    members_[index]->index = index;
    members_.pop_back();
}

void connection_set::take_off(member& value) noexcept {
    if (value.shelf == nowhere)
        return;
    (value.previous ? value.previous->next : shelves_[value.shelf]) = value.next;
    if (value.next)
        value.next->previous = value.previous;
    value.previous = value.next = nullptr;
    value.shelf = nowhere;
}

void connection_set::file(member& value) noexcept {
    take_off(value);
    const auto& requests = value.requests();
    if (!value.is_open() || value.suspect || !requests.accepts(false))
        return;
    if (value.reserved && requests.outstanding() != 0)
        return;
    value.shelf = value.reserved ? shelves_.size() - 1 : requests.outstanding();
    auto& shelf = shelves_[value.shelf];
    value.next = shelf;
    if (shelf)
        shelf->previous = &value;
    shelf = &value;
}

member* connection_set::shallowest() const noexcept {
    for (std::size_t i = 0; i + 1 < shelves_.size(); ++i) {
        if (shelves_[i])
            return shelves_[i];
    }
    return nullptr;
}

} // namespace bandwidth::webrtc::detail
