"""Files of maps, coordinates, areas and overlays (空间数据)."""
