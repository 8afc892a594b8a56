"""Ceramic fracture surfaces: mirror, mist and hackle around an origin, with a look of its own for each defect class.

A surface is a height map (micrometres) and a grey map, both functions of the physical place. Any frame is a view of it:
a higher magnification is a true zoom into the same field, with the finer structure that the lower one cannot resolve.
"""

from dataclasses import dataclass

import numpy as np

from fractocurate.demo.noise import Field, View, cells, line_noise, ramp, random_table, ray_noise, smooth_noise

SUB_TYPES: dict[str, tuple[str, ...]] = {
    "green_body": ("agglomerate", "pore_cluster", "press_crack"),
    "hard_machining": ("grinding_crack", "scratch", "chipping"),
    "material": ("pore", "inclusion", "large_grain"),
    "unknown": ("",),
}
FLAW_DEPTH = 1.8  # of a machining flaw, below the outer edge, in half heights
MOTIF_SCALES_UM = (64.0, 16.0, 4.0, 1.0)


@dataclass(frozen=True, slots=True)
class Surface:
    """One fracture surface. Lengths in micrometres, the defect an ellipse around (0, 0)."""

    seed: int
    defect_class: str
    sub_type: str
    mirror_radius_um: float
    defect_half_width_um: float
    defect_half_height_um: float
    edge_um: float
    """Distance from the origin up to the component's outer edge."""
    groove_angle_rad: float
    roughness: float


def make_surface(seed: int, defect_class: str, sub_type: str) -> Surface:
    """Draw the geometry of one surface from its seed."""
    rng = np.random.default_rng([seed, 1])
    machined = defect_class == "hard_machining"
    half_width_um = float(rng.uniform(60, 110) if machined else rng.uniform(40, 75))
    half_height_um = half_width_um * float(rng.uniform(0.35, 0.6) if machined else rng.uniform(0.7, 1.0))
    return Surface(
        seed=seed,
        defect_class=defect_class,
        sub_type=sub_type,
        mirror_radius_um=float(rng.uniform(180, 320)),
        defect_half_width_um=half_width_um,
        defect_half_height_um=half_height_um,
        edge_um=half_height_um * 0.8 if machined else float(rng.uniform(420, 900)),
        groove_angle_rad=float(rng.uniform(-0.5, 0.5)),
        roughness=float(rng.uniform(0.8, 1.2)),
    )


def defect_extent_um(surface: Surface) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of the flaw's outline, in micrometres around the origin."""
    if surface.defect_class == "hard_machining":
        depth_um = FLAW_DEPTH * surface.defect_half_height_um
        return (
            -surface.defect_half_width_um,
            -surface.edge_um,
            surface.defect_half_width_um,
            depth_um - surface.edge_um,
        )
    angle = np.linspace(-np.pi, np.pi, 721, dtype=np.float32)
    x, y = np.cos(angle), np.sin(angle)
    # ``_inside`` grows in proportion along each ray and is 1 on the outline.
    reach_um = 1 / _inside(surface, x, y)
    x_um, y_um = x * reach_um, y * reach_um
    return float(x_um.min()), float(y_um.min()), float(x_um.max()), float(y_um.max())


def defect_box_px(surface: Surface, view: View) -> tuple[int, int, int, int] | None:
    """The visible part of the flaw in a frame as a half-open pixel box; None if it lies outside the frame."""
    left_um, top_um, _, _ = view.box_um
    extent_um = defect_extent_um(surface)
    left, right = ((x_um - left_um) / view.pixel_size_um for x_um in extent_um[::2])
    top, bottom = ((y_um - top_um) / view.pixel_size_um for y_um in extent_um[1::2])
    box = (
        max(0, round(left)),
        max(0, round(top)),
        min(view.width_px, round(right)),
        min(view.height_px, round(bottom)),
    )
    return box if box[2] - box[0] >= 2 and box[3] - box[1] >= 2 else None


def render(surface: Surface, view: View) -> Field:
    """The picture without detector noise, shape (height, width), grey values around 0 with a spread of about 1."""
    x_um, y_um = view.axes_um()
    x, y = np.meshgrid(x_um.astype(np.float32), y_um.astype(np.float32))
    radius = np.hypot(x, y)
    height = _ground(surface, view, radius)
    grey = _hackle(surface, x, y, radius)
    motif_height, motif_grey = {
        "green_body": _green_body,
        "hard_machining": _hard_machining,
        "material": _material,
        "unknown": _unknown,
    }[surface.defect_class](surface, view, x, y)
    height += motif_height
    grey += motif_grey
    slope_y, slope_x = np.gradient(height, view.pixel_size_um)
    lit = np.tanh(0.9 * (0.55 * slope_x + 0.85 * slope_y))
    # Secondary electrons leave steep flanks more easily: edges are bright whatever way they face.
    steep = 1 - np.exp(-np.hypot(slope_x, slope_y))
    picture = grey + 0.55 * lit + 0.25 * steep
    return _beyond_edge(surface, view, y, picture)


def _resolved(scale_um: float, view: View) -> float:
    """0 for structure finer than some two pixels, 1 for what a frame shows plainly."""
    return float(ramp(scale_um / view.pixel_size_um, 2.0, 7.0))


def _ground(surface: Surface, view: View, radius: Field) -> Field:
    """Height of the fractal roughness, damped inside the mirror."""
    x_um, y_um = view.axes_um()
    field_um = view.width_px * view.pixel_size_um
    rough = np.zeros(radius.shape, np.float32)
    scale_um, layer = 1024.0, 10
    while scale_um > 2 * view.pixel_size_um:
        # Octaves far wider than the field are flat in it and would only shift the mean.
        if scale_um < 6 * field_um:
            weight = 0.16 * surface.roughness * scale_um**0.85 * _resolved(scale_um, view)
            table = random_table(surface.seed, layer)
            rough += np.float32(weight) * smooth_noise(table, x_um / scale_um + layer, y_um / scale_um + layer)
        scale_um, layer = scale_um / 2, layer + 1
    mirror = 0.35 + 0.65 * ramp(radius / surface.mirror_radius_um, 0.6, 1.8)
    return rough * mirror


def _hackle(surface: Surface, x: Field, y: Field, radius: Field) -> Field:
    """Grey of the ridges that run away from the origin, beyond the mirror."""
    strength = ramp(radius / surface.mirror_radius_um, 1.0, 2.2)
    if not strength.any():
        return np.zeros(radius.shape, np.float32)
    angle = np.arctan2(y, x).astype(np.float32)
    distance = np.log(radius + 1.0) * 3
    ridges = sum(
        (1 - np.abs(ray_noise(random_table(surface.seed, 40 + n_rays), angle, distance, n_rays))) ** 2 / (1 + k)
        for k, n_rays in enumerate((48, 120))
    )
    return ((ridges - 0.9) * 0.55 * strength).astype(np.float32)


def _inside(surface: Surface, x: Field, y: Field) -> Field:
    """Distance from the origin in units of the defect's ellipse, with a lobed outline: 1 on its rim."""
    angle = np.arctan2(y, x)
    lobes = 1 + 0.12 * np.sin(3 * angle + surface.seed % 7) + 0.07 * np.sin(5 * angle + surface.seed % 5)
    distance = np.hypot(x / surface.defect_half_width_um, y / surface.defect_half_height_um)
    return np.asarray(distance / lobes, np.float32)


def _rim(inside: Field, width: float) -> Field:
    return np.asarray(np.exp(-(((inside - 1) / width) ** 2)), np.float32)


def _green_body(surface: Surface, view: View, x: Field, y: Field) -> tuple[Field, Field]:
    """Rounded granules that never merged; the origin a loose agglomerate, a nest of pores or a pressing crack."""
    x_um, y_um = view.axes_um()
    inside = _inside(surface, x, y)
    core = 1 - ramp(inside, 0.85, 1.05)
    height, grey = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.float32)
    for k, scale_um in enumerate(MOTIF_SCALES_UM):
        shown = _resolved(scale_um, view)
        if not shown:
            continue
        granules = cells(surface.seed, 100 + 3 * k, x_um / scale_um, y_um / scale_um)
        dome = np.clip(1 - 1.6 * granules.nearest**2, 0, 1)
        loose = core if surface.sub_type == "agglomerate" else 0.3 * core
        height += shown * scale_um * dome * (0.28 + 0.45 * loose)
        # The gaps between granules swallow electrons.
        grey -= shown * (0.3 + 0.35 * loose) * ramp(granules.nearest, 0.5, 0.8)
        if surface.sub_type == "pore_cluster" and scale_um in (16.0, 4.0):
            grey -= shown * 1.3 * core * (1 - ramp(granules.nearest, 0.28, 0.38)) * (granules.value > -0.3)
    if surface.sub_type == "press_crack":
        bend = 0.25 * np.sin(x / surface.defect_half_width_um * 3 + surface.seed % 6)
        offset = y / surface.defect_half_height_um - bend
        length = 1 - ramp(np.abs(x) / surface.defect_half_width_um, 0.8, 1.0)
        grey -= 1.6 * np.exp(-((offset / 0.16) ** 2)) * length
        grey += 0.6 * np.exp(-(((offset - 0.3) / 0.08) ** 2)) * length
    else:
        grey -= 0.9 * _rim(inside, 0.1) * ramp(y / surface.defect_half_height_um, -0.4, 0.4)
        grey += 0.25 * core
    return height, grey


def _hard_machining(surface: Surface, view: View, x: Field, y: Field) -> tuple[Field, Field]:
    """Parallel grinding grooves, and a shallow half-elliptical crack, scratch or chip at the outer edge."""
    height, grey = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.float32)
    across = np.cos(surface.groove_angle_rad) * x + np.sin(surface.groove_angle_rad) * y
    depth_um = y + surface.edge_um
    fading = 0.45 + 0.55 * np.exp(-np.abs(depth_um) / 500)
    for k, scale_um in enumerate(MOTIF_SCALES_UM):
        shown = _resolved(scale_um, view)
        if shown:
            lines = line_noise(random_table(surface.seed, 200 + k), across / scale_um * 1.5)
            grey += shown * 0.42 * lines * fading
    flaw = np.hypot(x / surface.defect_half_width_um, depth_um / (FLAW_DEPTH * surface.defect_half_height_um))
    flaw = flaw.astype(np.float32)
    core = (1 - ramp(flaw, 0.9, 1.05)) * (depth_um > 0)
    below = depth_um > 0
    if surface.sub_type == "grinding_crack":
        grey += (0.9 * _rim(flaw, 0.06) * below - 0.5 * core).astype(np.float32)
    elif surface.sub_type == "scratch":
        notch = np.exp(-((x / (0.25 * surface.defect_half_width_um)) ** 2)) * core
        grey += (-1.1 * notch + 0.5 * _rim(flaw, 0.05) * below).astype(np.float32)
    else:
        steps = np.sin(flaw * 14) * core
        grey += (0.45 * core + 0.4 * steps - 0.6 * _rim(flaw, 0.05) * below).astype(np.float32)
    return height, grey


def _material(surface: Surface, view: View, x: Field, y: Field) -> tuple[Field, Field]:
    """Flat cleaved facets; the origin one large pore, a foreign inclusion or an overgrown grain."""
    x_um, y_um = view.axes_um()
    inside = _inside(surface, x, y)
    core = 1 - ramp(inside, 0.96, 1.02)
    height, grey = np.zeros(x.shape, np.float32), np.zeros(x.shape, np.float32)
    for k, scale_um in enumerate(MOTIF_SCALES_UM):
        shown = _resolved(scale_um, view)
        if not shown:
            continue
        # Stretched cells: the needle-like grains of silicon nitride.
        facets = cells(surface.seed, 300 + 3 * k, x_um / (1.7 * scale_um), y_um / (0.8 * scale_um))
        tilt = np.sin(37 * facets.value)
        height += shown * scale_um * 0.35 * (facets.offset_x * tilt + facets.offset_y * facets.value)
        grey += shown * 0.34 * facets.value
        grey += shown * 0.3 * (1 - ramp(facets.second - facets.nearest, 0.0, 0.1))
    if surface.sub_type == "pore":
        grey += 0.7 * _rim(inside, 0.07) - 1.5 * core * ramp(1.1 - inside, 0.0, 0.5)
    elif surface.sub_type == "inclusion":
        grey += 1.2 * core - 0.9 * _rim(inside, 0.08)
    else:
        band = np.abs(np.mod(np.hypot(x - 0.4 * y, 0.1 * y) / (0.35 * surface.defect_half_width_um), 1) - 0.5)
        grey += core * (0.7 + 0.8 * (band - 0.25)) - 0.5 * _rim(inside, 0.04)
    return height, grey


def _unknown(surface: Surface, view: View, x: Field, y: Field) -> tuple[Field, Field]:
    """An origin smeared by secondary damage: nothing to tell a cause by."""
    x_um, y_um = view.axes_um()
    smear = smooth_noise(random_table(surface.seed, 400), x_um / 90, y_um / 25)
    worn = 1 - ramp(_inside(surface, x, y) / 2, 0.4, 1.0)
    return np.zeros(x.shape, np.float32), (0.5 * smear * worn - 0.4 * worn).astype(np.float32)


def _beyond_edge(surface: Surface, view: View, y: Field, picture: Field) -> Field:
    """Above the component's edge: the tilted outer face, then the dark chamber behind it."""
    depth_um = y + surface.edge_um
    face_um = 140.0 if surface.defect_class == "hard_machining" else 40.0
    outside = ramp(-depth_um / view.pixel_size_um, 0.0, 2.0)
    chamber = ramp(-depth_um, face_um, face_um + 30)
    face = 0.5 * picture + 0.35
    shaded = picture * (1 - outside) + face * outside
    lip = np.exp(-((depth_um / (3 * view.pixel_size_um)) ** 2))
    return np.asarray(shaded * (1 - chamber) - 2.2 * chamber + 0.8 * lip, np.float32)
