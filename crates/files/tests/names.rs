//! Names that deceive, and what becomes of them.

use wimpex_files::{FileName, NameWarning, image_size};

fn name(text: &str) -> FileName {
    FileName::parse(text)
}

#[test]
fn what_hides_is_seen() {
    for (text, shown) in [
        ("report.pdf", "report.pdf"),
        ("my holiday plan.txt", "my holiday plan.txt"),
        ("invoice\u{202E}fdp.exe", "invoice[U+202E]fdp.exe"),
        (
            "a.pdf          .exe",
            "a.pdf [␣][␣][␣][␣][␣][␣][␣][␣][␣].exe",
        ),
        (" a.txt", "[␣]a.txt"),
        ("a.txt ", "a.txt[␣]"),
        ("a\u{A0}b", "a[␣]b"),
        ("a\u{200B}b\u{FEFF}.txt", "a[U+200B]b[U+FEFF].txt"),
        ("a\nb\0c", "a[U+000A]b[U+0000]c"),
        ("\u{2066}x\u{2069}", "[U+2066]x[U+2069]"),
        ("отчёт за год.pdf", "отчёт за год.pdf"),
        ("תמונה.jpg", "תמונה.jpg"),
        ("😀.png", "😀.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
    ] {
        assert_eq!(name(text).shown(), shown, "{text:?}");
    }
}

#[test]
fn what_is_said_of_a_name() {
    use NameWarning::{DoubleExtension, Hidden, Program};
    for (text, warnings) in [
        ("report.pdf", vec![]),
        ("archive.tar.gz", vec![]),
        ("photo.2024.jpg", vec![]),
        ("setup.exe", vec![Program]),
        ("SETUP.EXE", vec![Program]),
        ("report.pdf.exe", vec![DoubleExtension]),
        ("report.PDF.scr", vec![DoubleExtension]),
        ("report.pdf   .exe", vec![Hidden, DoubleExtension]),
        ("invoice\u{202E}fdp.exe", vec![Hidden, Program]),
        // What systems drop at the end hides nothing here.
        ("virus.exe.", vec![Program]),
        ("virus.exe\u{200B}", vec![Hidden, Program]),
        ("virus.e\u{200B}xe", vec![Hidden, Program]),
        ("virus.exe ", vec![Hidden, Program]),
        ("page.html", vec![Program]),
        ("picture.svg", vec![Program]),
        ("macro.docm", vec![Program]),
        ("pdf.exe", vec![Program]),
        ("noextension", vec![]),
        (".hidden", vec![]),
    ] {
        assert_eq!(name(text).warnings(), warnings, "{text:?}");
    }
}

#[test]
fn it_is_saved_as_what_it_is_shown() {
    for (text, saved) in [
        ("report.pdf", "report.pdf"),
        ("invoice\u{202E}fdp.exe", "invoicefdp.exe"),
        ("a.pdf          .exe", "a.pdf .exe"),
        ("..", "file"),
        ("", "file"),
        ("\u{200B}", "file"),
        (".bashrc", "bashrc"),
        ("a:b*c?.txt", "a_b_c_.txt"),
        ("con", "_con"),
        ("CON.txt", "_CON.txt"),
        ("com1.log", "_com1.log"),
        ("common.log", "common.log"),
        ("a.exe. . .", "a.exe"),
        ("a/b", "b"),
    ] {
        assert_eq!(name(text).saved(), saved, "{text:?}");
    }
}

#[test]
fn a_long_name_keeps_its_extension() {
    let long = name(&format!("{}.exe", "x".repeat(5_000)));
    assert_eq!(long.as_str().chars().count(), 255);
    assert_eq!(long.extension(), "exe");
    let long = name(&format!("{}.{}", "é".repeat(300), "y".repeat(300)));
    assert!(long.as_str().chars().count() <= 255);
}

#[test]
fn images_say_how_large_they_are() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0, 0, 0x75, 0x30, 0, 0, 0, 7]);
    assert_eq!(image_size(&png), Some((30_000, 7)));
    assert_eq!(image_size(b"GIF89a\x02\x01\x03\0"), Some((258, 3)));
    let jpeg = [
        0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xFF, 0xC2, 0, 17, 8, 0x01, 0x00, 0x02, 0x00,
    ];
    assert_eq!(image_size(&jpeg), Some((512, 256)));
    let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0".to_vec();
    webp.extend([9, 0, 0, 19, 0, 0]);
    assert_eq!(image_size(&webp), Some((10, 20)));
    let mut bmp = vec![0; 26];
    bmp[..2].copy_from_slice(b"BM");
    bmp[18] = 4;
    bmp[22..].copy_from_slice(&(-5_i32).to_le_bytes());
    assert_eq!(image_size(&bmp), Some((4, 5)));
    for head in [&png[..], &jpeg, &webp, &bmp] {
        for length in 0..head.len() {
            // Cut anywhere, it says nothing or the same.
            let cut = image_size(&head[..length]);
            assert!(cut.is_none() || cut == image_size(head));
        }
    }
    assert_eq!(image_size(b"<svg width='1' height='1'/>"), None);
}
