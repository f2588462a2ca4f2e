"""Files for icons and stores: icons, palettes, packs, sheets and vector graphics."""
