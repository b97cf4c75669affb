#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "loopback/store.hpp"

namespace bandwidth::webrtc::testing::detail {

/// A request body that the service refuses with 400; `what` names the field.
class bad_request : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads the body of createSession: its tag. An empty body and null are an empty object, and unknown fields
/// are ignored; so for the two below. A field may be null only where the OpenAPI description says so.
/// \throws bad_request
std::optional<std::string> read_session_request(std::string_view body);

/// Reads the body of createParticipant.
/// \param older_versions whether deviceApiVersion may be "V2", and "v2" and "v3" in lower case, too
/// \throws bad_request
participant_settings read_participant_request(std::string_view body, bool older_versions = false);

/// Reads the body of addParticipantToSession and updateParticipantSubscriptions.
/// \throws bad_request
subscription_set read_subscriptions(std::string_view body);

/// Appends `text` as a JSON string, with its quotes.
void write_json_string(std::string_view text, std::string& out);
/// Appends `"name":"text"`, with a comma before it unless an object or array begins here.
void add_json_field(std::string_view name, std::string_view text, std::string& out);

void write_session(const session_record& session, std::string& out);
void write_subscriptions(const subscription_set& subscriptions, std::string& out);
void write_participant(const participant_record& participant, const subscription_set& subscriptions,
                       std::string& out);

} // namespace bandwidth::webrtc::testing::detail
