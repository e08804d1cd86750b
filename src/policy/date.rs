//! Points in time as conditions write them: ISO 8601 as the W3C has it, or seconds since 1970.
//! <https://www.w3.org/TR/NOTE-datetime>

/// Seconds since 1970 and billionths of a second; `None` where the text is no point in time.
pub(super) fn parse(text: &str) -> Option<(i64, u32)> {
    let text = text.trim();
    if text.len() > 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some((text.parse().ok()?, 0));
    }
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut fields = date.split('-');
    let year: i64 = number(fields.next()?, 4)?;
    let month = fields.next().map_or(Some(1), |field| number(field, 2))?;
    let day = fields.next().map_or(Some(1), |field| number(field, 2))?;
    let valid = fields.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day);
    // A year alone may as well be a number of seconds.
    if !valid || date.len() == 4 {
        return None;
    }
    let midnight = days(year, month, day) * 86_400;
    let Some(time) = time.filter(|_| date.len() == 10) else {
        return time.is_none().then_some((midnight, 0));
    };
    let (clock, offset) = if let Some(clock) = time.strip_suffix('Z') {
        (clock, 0)
    } else {
        let (clock, zone) = time.split_at_checked(time.rfind(['+', '-'])?)?;
        let sign = if zone.starts_with('-') { -1 } else { 1 };
        let (hours, minutes) = zone[1..].split_once(':')?;
        (clock, sign * (number(hours, 2)? * 3600 + number(minutes, 2)? * 60))
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut fields = clock.split(':');
    let (hours, minutes) = (number(fields.next()?, 2)?, number(fields.next()?, 2)?);
    let seconds = fields.next().map_or(Some(0), |field| number(field, 2))?;
    if fields.next().is_some() || hours > 23 || minutes > 59 || seconds > 60 || fraction.len() > 9 {
        return None;
    }
    let fraction: u32 = format!("{fraction:0<9}").parse().ok()?;
    Some((midnight + hours * 3600 + minutes * 60 + seconds - offset, fraction))
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let fits = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// Days from 1970 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // The year begins in March, so that the odd day is its last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (month * 306 + 5) / 10
        + day
        - 719_469
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn points_in_time() {
        for (text, seconds) in [
            ("1970-01-01", 0),
            ("1970-01-01T00:00:00Z", 0),
            ("2000-03-01T00:00Z", 951_868_800),
            ("2024-02-29T12:30:15Z", 1_709_209_815),
            ("2024-02-29T13:30:15+01:00", 1_709_209_815),
            ("2024-02", 1_706_745_600),
            ("1709209815", 1_709_209_815),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(parse(text), Some((seconds, 0)), "{text}");
        }
        assert_eq!(parse("1970-01-01T00:00:01.5Z"), Some((1, 500_000_000)));
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2024-1-1",
            "2024-01-01T1Z",
            "2024-01-01T10:00:00",
            "today",
            "2024-01-01Té",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
