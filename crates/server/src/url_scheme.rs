//! Which URLs of STUN and TURN servers make sense (RFC 7064, RFC 7065).

/// # Errors
/// A sentence about the first that has neither scheme.
pub(crate) fn check_schemes(urls: &[String], flag: &str, schemes: [&str; 2]) -> Result<(), String> {
    let fits = |url: &&String| {
        let rest = schemes.iter().find_map(|scheme| url.strip_prefix(scheme));
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
    };
    match urls.iter().find(|url| !fits(url)) {
        Some(url) => Err(format!(
            "{flag} {url:?}: must look like {}HOST:PORT",
            schemes[0]
        )),
        None => Ok(()),
    }
}
