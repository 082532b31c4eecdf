//! Shared access signatures of Azure are parameters of an address: beside the signature stand what it
//! permits, on what, and until when
//! (<https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas>,
//! <https://learn.microsoft.com/en-us/azure/service-bus-messaging/service-bus-sas>).

use super::fact::{Tell as _, host};
use super::{Check, now};
use crate::finding::{Status, Verification};
use bstr::ByteSlice;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use percent_encoding::percent_decode;

pub(super) struct AzureSas;

/// The bytes of a signature, which is an HMAC with SHA-256.
const SIGNATURE: usize = 32;

impl Check for AzureSas {
    fn name(&self) -> &'static str {
        "azure-sas"
    }

    fn verify(&self, secret: &[u8]) -> Verification {
        let plain: Vec<u8> = percent_decode(secret).collect();
        let bytes = super::encoded::base64(&plain).unwrap_or_default();
        let formed = bytes.len() == SIGNATURE;
        if formed { Verification::new(Status::WellFormed) } else { Verification::default() }
    }

    fn verify_in(&self, secret: &[u8], matched: &[u8]) -> Verification {
        let seen = self.verify(secret);
        if seen.status == Status::Unknown { seen } else { tell(seen, matched, now()) }
    }
}

/// What the parameters around a signature say.
fn tell(seen: Verification, matched: &[u8], now: Timestamp) -> Verification {
    let query = matched.replace("\\u0026", "&").replace("&amp;", "&");
    let value = |name: &str| {
        // Before the first parameter stands what separates it from the text.
        let is_separator = |b: &u8| !b.is_ascii_alphanumeric() && !b"=%.:/_+-".contains(b);
        let mut pairs = query.split(is_separator).filter_map(|pair| pair.split_once_str("="));
        let (_, value) = pairs.find(|(key, _)| *key == name.as_bytes())?;
        Some(percent_decode(value).decode_utf8_lossy().into_owned())
    };
    let resource = value("sr");
    seen.tell("permissions", value("sp"))
        // That of Service Bus is an address, which may be long.
        .tell("resource", resource.as_deref().map(host))
        .tell("services", value("ss"))
        .tell("policy", value("si").or_else(|| value("skn")))
        .tell("version", value("sv"))
        .until(value("se").and_then(|text| time(&text)), now)
}

/// A time as ISO 8601 in UTC, with or without a time of the day, or in seconds since 1970.
fn time(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let instant = || text.parse().ok();
    let local = || text.trim_end_matches('Z').parse::<DateTime>().ok();
    let date = || text.parse::<Date>().ok().map(|date| date.at(0, 0, 0, 0));
    let in_utc = || Offset::UTC.to_timestamp(local().or_else(date)?).ok();
    seconds().or_else(instant).or_else(in_utc)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::example::expand;

    fn signature() -> Vec<u8> {
        expand("<<[0-9A-Za-z]{20}%2F[0-9A-Za-z]{22}>>%3D", 1).unwrap().into_bytes()
    }

    #[test]
    fn the_parameters_around_the_signature() {
        for before in [
            "?sv=2022-11-02&sr=b&sp=rl&se=2001-01-01T00%3A00%3A00Z&sig=",
            concat!("\"sv=2022-11-02\\u0026sr=b\\u0026sp=rl", "\\u0026se=2001-01-01\\u0026sig="),
        ] {
            let secret = signature();
            let matched = [before.as_bytes(), &secret].concat();
            let seen = AzureSas.verify_in(&secret, &matched);
            assert_eq!(seen.status, Status::Expired, "{before}");
            assert_eq!(seen.facts["expires"], "2001-01-01T00:00:00Z");
            let told = ["permissions", "resource", "version"].map(|name| &*seen.facts[name]);
            assert_eq!(told, ["rl", "b", "2022-11-02"]);
        }
    }

    #[test]
    fn those_of_service_bus() {
        let secret = signature();
        let head = &b" sr=https%3a%2f%2fcontoso.servicebus.windows.net%2fqueue&sig="[..];
        let matched = [head, &secret, b"&se=4102444800&skn=send"].concat();
        let seen = AzureSas.verify_in(&secret, &matched);
        assert_eq!(seen.status, Status::WellFormed);
        assert_eq!(seen.facts["expires"], "2100-01-01T00:00:00Z");
        assert_eq!(seen.facts["resource"], "contoso.servicebus.windows.net");
        assert_eq!(seen.facts["policy"], "send");
    }

    #[test]
    fn times() {
        let day = time("2030-01-01");
        assert!(day.is_some());
        for text in [
            "2030-01-01T00:00Z",
            "2030-01-01T00:00:00Z",
            "1893456000",
            "2030-01-01T00:00:00.0000000Z",
        ] {
            assert_eq!(time(text), day, "{text}");
        }
        for text in ["", "soon", "2030-13-01", "99999999999999999999"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn no_signature_is_unknown() {
        let secret = signature();
        for wrong in [&secret[..secret.len() - 10], b"", b"%%%"] {
            assert_eq!(AzureSas.verify_in(wrong, b"?se=2030-01-01&sig="), Verification::default());
        }
    }
}
