//! What counts as an address for mail: the plain part of RFC 5321, which is what people have.

const ADDRESS_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;

/// The address that a text is, without the space around it. Nothing that could end a header or name
/// a second recipient passes; quoted and international addresses do not either.
pub fn address(text: &str) -> Option<&str> {
    let text = text.trim();
    let (local, domain) = text.rsplit_once('@')?;
    let fits = text.len() <= ADDRESS_BYTES_MAX && is_local(local) && is_domain(domain);
    fits.then_some(text)
}

fn is_local(local: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    let is_atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_allowed);
    local.len() <= LOCAL_BYTES_MAX && local.split('.').all(is_atom)
}

fn is_domain(domain: &str) -> bool {
    domain.split('.').all(|label| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_sized = (1..=LABEL_BYTES_MAX).contains(&label.len());
        is_sized
            && label.bytes().all(is_allowed)
            && !label.starts_with('-')
            && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_taken_and_nothing_that_injects_is() {
        for fine in ["carol@example.org", " c.o+x@a-b.example ", "user@demo"] {
            assert_eq!(address(fine), Some(fine.trim()));
        }
        let long = format!("{}@example.org", "x".repeat(65));
        let bad = [
            "",
            "carol",
            "+49 30 1234",
            "@example.org",
            "carol@",
            "a@b@c",
            "carol@example..org",
            "carol@-example.org",
            "carol@example.org\r\nBcc: eve@example.org",
            "carol@example.org\nx",
            "carol@example.org, eve@example.org",
            "Carol <carol@example.org>",
            "\"carol\"@example.org",
            "carol@exämple.org",
            "ca rol@example.org",
            "carol.@example.org",
            "carol@example.org\0",
            &long,
        ];
        for bad in bad {
            assert_eq!(address(bad), None, "{bad:?}");
        }
    }
}
