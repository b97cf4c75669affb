#pragma once

#include <bandwidth/webrtc/error.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>

#include "transport/serialized_executor.hpp"

namespace bandwidth::webrtc::detail {

/// A socket of the pool: with the executor by its type, so that a completion is not wrapped on its way.
using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, serialized_executor>;

/// Opens the socket so that a program that this process starts does not inherit it (close-on-exec): else the
/// child would keep the connection open when we have closed it, and could read what is on it. Asio's own
/// `open` cannot do that, and to set the flag afterwards leaves a moment in which another thread may fork.
void open_socket(tcp_socket& socket, const boost::asio::ip::tcp& protocol, error_code& ec);

/// Asio has registered a connected socket with the reactor for writability, by which it learns that it has
/// connected, and keeps it so: each wait for input would find it writable and wake the reactor for nothing.
/// This registers it for reading alone.
void forget_writability(tcp_socket& socket, error_code& ec);

/// Prepares a connected socket for requests. Fails only where the socket itself is of no use any more.
///
/// TCP_NODELAY: without it a batch waits for the acknowledgement of the one before, 40 ms each.
///
/// A peer that vanished without FIN or RST (half-open: a host that lost its power, a NAT that forgot) is
/// known only by its silence.
/// - Keepalive finds it on an idle connection: probes after 15 s of silence, every 5 s. So it leaves the pool
///   before a call is put on it, and the call does not have to wait for its response timeout first. It also
///   keeps the entry in a NAT alive.
/// - TCP_USER_TIMEOUT (RFC 5482) ends a connection whose data the peer has not acknowledged, or for which it
///   has kept its window closed, for 30 s; the system's own retransmission would go on for a quarter of an
///   hour. The response timeout (15 s unless set) mostly comes first; this one is for clients with a long
///   one. It also decides when unanswered keepalive probes are enough.
///
/// Both are best effort: a system without them still has the response timeout.
void set_tcp_options(tcp_socket& socket, error_code& ec);

/// How long a packet and its acknowledgement take, as the system has measured it by now; 0 where it does not
/// tell.
std::chrono::nanoseconds round_trip_of(tcp_socket& socket) noexcept;

} // namespace bandwidth::webrtc::detail
