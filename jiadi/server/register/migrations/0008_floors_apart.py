"""Floor areas above and below ground, of houses and of approvals, in the rows as they are and as they were."""

from django.db import migrations, models

COLUMNS = {
    "house": ("floor_area_above_m2", "floor_area_below_m2"),
    "approval": ("approved_floor_area_above_m2", "approved_floor_area_below_m2"),
}


class Migration(migrations.Migration):
    """Adds the columns; a row that was taken before says nothing of them."""

    dependencies = [("register", "0007_divisions")]
    operations = [
        migrations.AddField(f"{model}{version}", column, models.FloatField(null=True))
        for model, columns in COLUMNS.items()
        for version in ("", "version")
        for column in columns
    ]
