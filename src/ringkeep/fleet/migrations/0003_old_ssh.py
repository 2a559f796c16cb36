from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0002_tunnel"),
    ]

    operations = [
        migrations.AddField(
            model_name="phonesystem",
            name="old_ssh",
            field=models.BooleanField(default=False),
        ),
    ]
