//! Address ranges, known or symbolic, and whether one covers another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::rc::Rc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

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
        let net = net.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
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

    /// Whether this is a known range of addresses inside private networks only.
    pub fn is_private(&self) -> bool {
        self.lies_in(&PRIVATE_IPV4, &PRIVATE_IPV6)
    }

    /// Whether this is a known range that holds addresses which are routed outside private networks, so that a route
    /// or rule for it can carry traffic to public service addresses.
    pub fn is_public(&self) -> bool {
        let nowhere = || self.lies_in(&NOWHERE_IPV4, &NOWHERE_IPV6);
        matches!(self, Self::Net(_)) && !self.is_private() && !nowhere()
    }

    /// Whether this is a known range inside one of these.
    fn lies_in(&self, ipv4: &[Ipv4Net], ipv6: &[Ipv6Net]) -> bool {
        match self {
            Self::Net(IpNet::V4(net)) => ipv4.iter().any(|range| range.contains(net)),
            Self::Net(IpNet::V6(net)) => ipv6.iter().any(|range| range.contains(net)),
            _ => false,
        }
    }
}

/// Private networks, what is shared behind the NAT of a carrier, and the addresses of one link.
const PRIVATE_IPV4: [Ipv4Net; 5] = [
    ipv4([10, 0, 0, 0], 8),
    ipv4([172, 16, 0, 0], 12),
    ipv4([192, 168, 0, 0], 16),
    ipv4([100, 64, 0, 0], 10),
    ipv4([169, 254, 0, 0], 16),
];

/// Unique local addresses (RFC 4193).
const PRIVATE_IPV6: [Ipv6Net; 1] = [ipv6([0xfc00, 0], 7)];

/// What nobody is reached by in the internet either: this host, protocol assignments, documentation, benchmarks,
/// multicast and what is reserved (<https://www.iana.org/assignments/iana-ipv4-special-registry>). Templates write such
/// a range for a rule that is to lead nowhere.
const NOWHERE_IPV4: [Ipv4Net; 9] = [
    ipv4([0, 0, 0, 0], 8),
    ipv4([127, 0, 0, 0], 8),
    ipv4([192, 0, 0, 0], 24),
    ipv4([192, 0, 2, 0], 24),
    ipv4([198, 18, 0, 0], 15),
    ipv4([198, 51, 100, 0], 24),
    ipv4([203, 0, 113, 0], 24),
    ipv4([224, 0, 0, 0], 4),
    ipv4([240, 0, 0, 0], 4),
];

/// The same, with addresses of one link (<https://www.iana.org/assignments/iana-ipv6-special-registry>).
const NOWHERE_IPV6: [Ipv6Net; 7] = [
    Ipv6Net::new_assert(Ipv6Addr::UNSPECIFIED, 128),
    Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128),
    ipv6([0x0100, 0], 64),
    ipv6([0x2001, 0x0db8], 32),
    ipv6([0x3fff, 0], 20),
    ipv6([0xfe80, 0], 10),
    ipv6([0xff00, 0], 8),
];

const fn ipv4([a, b, c, d]: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length)
}

const fn ipv6([a, b]: [u16; 2], length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), length)
}

/// Whether `inner` is the spelling of an item of `Fn::Cidr` over `outer`.
fn cut_from(inner: &str, outer: &str) -> bool {
    let Some(rest) = inner.strip_prefix("<Select(") else { return false };
    let Some((_, rest)) = rest.split_once(",Cidr(") else { return false };
    rest.strip_prefix(outer).is_some_and(|rest| rest.starts_with(','))
}
