//! Pictures made smaller in the worker: turned as the camera was held, and without what it noted
//! beside, such as the place.

use js_sys::Reflect;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ImageBitmap, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d,
};

use shared::incidents::attachments::{
    FILE_BYTES_MAX, MediaType, PICTURE_PIXELS_MAX, THUMBNAIL_BYTES_MAX, THUMBNAIL_PIXELS_MAX,
};

use super::super::clock;

/// How good is good enough on a screen.
const QUALITY: f64 = 0.8;

/// A picture as it is kept.
pub(super) struct Picture {
    pub(super) media: MediaType,
    pub(super) bytes: Vec<u8>,
    pub(super) thumbnail: Option<Vec<u8>>,
}

/// Makes a picture of a file; none if this browser cannot.
pub(super) async fn scaled(file: &Blob, source: MediaType) -> Option<Picture> {
    // Browsers turn a picture as it says, unless told otherwise.
    let decoding = clock::scope().create_image_bitmap_with_blob(file).ok()?;
    let bitmap: ImageBitmap = JsFuture::from(decoding).await.ok()?.dyn_into().ok()?;
    let (width, height) = (bitmap.width(), bitmap.height());
    let ground = (source == MediaType::Jpeg).then_some("#fff");
    let large = draw(&bitmap, fit(width, height, PICTURE_PIXELS_MAX), ground);
    // Thumbnails are JPEG, which cannot be seen through.
    let small = draw(
        &bitmap,
        fit(width, height, THUMBNAIL_PIXELS_MAX),
        Some("#fff"),
    );
    bitmap.close();
    // Screenshots are sharper as WebP; a browser that does not write it writes PNG.
    let wanted = if source == MediaType::Jpeg {
        "image/jpeg"
    } else {
        "image/webp"
    };
    let (media, bytes) = encode(&large?, wanted).await?;
    if bytes.len() > FILE_BYTES_MAX as usize {
        return None;
    }
    let thumbnail = encode(&small?, "image/jpeg").await;
    let thumbnail = thumbnail.filter(|(media, bytes)| {
        *media == MediaType::Jpeg && bytes.len() <= THUMBNAIL_BYTES_MAX as usize
    });
    Some(Picture {
        media,
        bytes,
        thumbnail: thumbnail.map(|(_, bytes)| bytes),
    })
}

/// How large a picture is drawn whose longer side may have so many pixels.
fn fit(width: u32, height: u32, max: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    if longer <= max {
        return (width.max(1), height.max(1));
    }
    let side = |side: u32| {
        let scaled = (u64::from(side) * u64::from(max) + u64::from(longer) / 2) / u64::from(longer);
        u32::try_from(scaled).unwrap_or(max).max(1)
    };
    (side(width), side(height))
}

fn draw(
    bitmap: &ImageBitmap,
    (width, height): (u32, u32),
    ground: Option<&str>,
) -> Option<OffscreenCanvas> {
    let canvas = OffscreenCanvas::new(width, height).ok()?;
    let context = canvas.get_context("2d").ok()??;
    let context: OffscreenCanvasRenderingContext2d = context.dyn_into().ok()?;
    let (width, height) = (f64::from(width), f64::from(height));
    if let Some(ground) = ground {
        context.set_fill_style_str(ground);
        context.fill_rect(0.0, 0.0, width, height);
    }
    // A browser without the setting draws as it does.
    Reflect::set(&context, &"imageSmoothingQuality".into(), &"high".into()).ok();
    let drawn = context.draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, width, height);
    drawn.ok()?;
    Some(canvas)
}

async fn encode(canvas: &OffscreenCanvas, media: &str) -> Option<(MediaType, Vec<u8>)> {
    let options = ImageEncodeOptions::new();
    options.set_type(media);
    options.set_quality(QUALITY);
    let encoding = canvas.convert_to_blob_with_options(&options).ok()?;
    let blob: JsValue = JsFuture::from(encoding).await.ok()?;
    let blob: Blob = blob.dyn_into().ok()?;
    let media = MediaType::from_word(&blob.type_())?;
    Some((media, super::read(&blob).await?))
}
