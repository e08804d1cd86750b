//! Address ranges, known or symbolic, and whether one covers another.

use std::rc::Rc;

use ipnet::{IpNet, Ipv4Net};

use crate::scenario::{Data, Value};

/// A range of addresses as a template gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressRange {
    /// Known.
    Net(IpNet),
    /// Equal to itself only: the canonical spelling of its value.
    Symbol(Rc<str>),
    /// Nothing is known.
    Unknown,
}

impl AddressRange {
    /// The range that a value gives: a CIDR block, or an address without a prefix length.
    pub fn of(value: &Value<'_>) -> Self {
        if let Data::Text(text) = &value.data {
            return Self::written(text);
        }
        value.canonical().map_or(Self::Unknown, |key| Self::Symbol(key.into()))
    }

    /// The range that a literal text gives.
    pub(super) fn written(text: &str) -> Self {
        let text = text.trim();
        let net = text.parse::<IpNet>().ok().map(|net| net.trunc());
        let net = net.or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        net.map_or(Self::Unknown, Self::Net)
    }

    /// Whether this range covers the other: `None` where that is not known.
    pub fn covers(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Net(outer), Self::Net(inner)) => Some(outer.contains(inner)),
            // What a parameter gives is IPv4 nearly always, of which `::/0` holds nothing.
            (Self::Net(IpNet::V4(outer)), _) if outer.prefix_len() == 0 => Some(true),
            (Self::Symbol(outer), Self::Symbol(inner)) if outer == inner || cut_from(inner, outer) => {
                Some(true)
            }
            _ => None,
        }
    }

    /// Whether the two certainly have no address in common.
    pub fn is_apart_from(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Net(one), Self::Net(other)) if !one.contains(other) && !other.contains(one))
    }

    /// Whether this is a known range of IPv6 addresses.
    pub fn is_ipv6(&self) -> bool {
        matches!(self, Self::Net(IpNet::V6(_)))
    }

    /// Whether this is every IPv4 or every IPv6 address.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Net(net) if net.prefix_len() == 0)
    }

    /// Whether this is a known range that holds addresses outside private networks, so that a route for it can
    /// carry traffic to public service addresses.
    pub fn is_public(&self) -> bool {
        let private = [
            [10, 0, 0, 0, 8],
            [172, 16, 0, 0, 12],
            [192, 168, 0, 0, 16],
            [100, 64, 0, 0, 10],
            [169, 254, 0, 0, 16],
        ];
        match self {
            Self::Net(IpNet::V4(net)) => !private.iter().any(|&[a, b, c, d, length]| {
                Ipv4Net::new([a, b, c, d].into(), length).is_ok_and(|range| range.contains(net))
            }),
            // Unique local addresses are fc00::/7 (RFC 4193).
            Self::Net(IpNet::V6(net)) => net.prefix_len() < 7 || net.network().octets()[0] & 0xfe != 0xfc,
            _ => false,
        }
    }
}

/// Whether `inner` is the spelling of an item of `Fn::Cidr` over `outer`.
fn cut_from(inner: &str, outer: &str) -> bool {
    let Some(rest) = inner.strip_prefix("<Select(") else { return false };
    let Some((_, rest)) = rest.split_once(",Cidr(") else { return false };
    rest.strip_prefix(outer).is_some_and(|rest| rest.starts_with(','))
}
