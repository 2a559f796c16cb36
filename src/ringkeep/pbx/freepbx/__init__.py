"""freepbx"""
