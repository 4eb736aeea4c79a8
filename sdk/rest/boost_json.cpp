// Boost.JSON itself, so that a driver carries it and needs no library of Boost on the node.
#include <boost/json/src.hpp>
