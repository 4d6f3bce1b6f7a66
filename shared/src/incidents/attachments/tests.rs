use super::*;
use crate::incidents::Intent;
use crate::testing::{BOB, Copy, attachment};

#[test]
fn the_first_bytes_say_the_type_and_the_name_chooses_among_those_that_begin_alike() {
    let jpeg = [0xff, 0xd8, 0xff, 0xe0];
    for (name, head, media) in [
        ("IMG_1.JPG", &jpeg[..], Some(MediaType::Jpeg)),
        ("disguised.pdf", &jpeg[..], Some(MediaType::Jpeg)),
        ("without", &jpeg[..], Some(MediaType::Jpeg)),
        ("plan.pdf", b"%PDF-1.7", Some(MediaType::Pdf)),
        ("plan.txt", b"%PDF-1.7", Some(MediaType::Text)),
        ("a.docx", b"PK\x03\x04", Some(MediaType::Docx)),
        ("a.zip", b"PK\x03\x04", Some(MediaType::Zip)),
        ("a.jar", b"PK\x03\x04", None),
        ("system.log", b"12:00 started", Some(MediaType::Text)),
        ("system.log", b"\xff\xfe1\x002\x00", Some(MediaType::Text)),
        ("system.log", b"MZ\x90\x00", None),
        ("setup.exe", b"MZ\x90\x00", None),
        ("page.html", b"<html>", None),
        ("drawing.svg", b"<svg>", None),
        ("photo.jpg", b"<svg>", None),
    ] {
        assert_eq!(MediaType::of(name, head), media, "{name}");
    }
}

#[test]
fn a_name_is_one_name_and_says_what_it_is() {
    for (name, plain) in [
        ("photo.jpg", "photo.jpg"),
        ("/etc/../passwd", "passwd"),
        ("C:\\temp\\log.txt", "log.txt"),
        ("\u{202e}gpj.exe", "gpj.exe"),
        ("a\r\nb\".txt", "ab.txt"),
        (".bashrc", "bashrc"),
        (" .. ", "file"),
        ("", "file"),
        ("Größe 👍.png", "Größe 👍.png"),
    ] {
        assert_eq!(file_name(name), plain);
        assert_eq!(file_name(plain), plain, "twice is once");
    }
    let long = file_name(&["ä".repeat(300), ".jpg".to_owned()].concat());
    assert!(long.len() <= FILE_NAME_BYTES_MAX && long.ends_with("ä.jpg"));
    assert_eq!(file_name(&long), long);
    assert_eq!(renamed("IMG.HEIC", MediaType::Jpeg), "IMG.jpg");
    assert_eq!(renamed("IMG.JPEG", MediaType::Jpeg), "IMG.JPEG");
}

#[test]
fn what_is_attached_stands_in_the_history_and_what_is_taken_back_does_not_count() {
    let mut copy = Copy::declared();
    let attach = |doc| Intent::Attach {
        doc,
        file: attachment(7),
    };
    let public = copy.act(BOB, attach(DocKind::Incident));
    let internal = copy.act(BOB, attach(DocKind::Work));
    let found = |copy: &Copy| {
        let incident = copy.read();
        let found = incident.attachments().map(|(doc, fact, _)| (doc, fact));
        found.collect::<Vec<_>>()
    };
    let both = [(DocKind::Incident, public), (DocKind::Work, internal)];
    assert_eq!(found(&copy), both);
    assert_eq!(
        copy.read()
            .attachments()
            .next()
            .map(|(_, _, file)| file.clone()),
        Some(attachment(7))
    );
    let (doc, fact) = (DocKind::Incident, public);
    copy.act(BOB, Intent::Withdraw { doc, fact });
    assert_eq!(found(&copy), both[1..]);
    copy.docs.work = None;
    assert_eq!(found(&copy), []);
}
