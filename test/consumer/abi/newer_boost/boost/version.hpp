// Boost as it is, but for the number of its version.
#include_next <boost/version.hpp>
#undef BOOST_VERSION
#define BOOST_VERSION 109900
